CREATE TABLE `change_diffs` (
	`change_id` text PRIMARY KEY NOT NULL,
	`files` text NOT NULL,
	`diff` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `change_diffs_created` ON `change_diffs` (`created_at`);