CREATE TABLE `span_batches` (
	`digest` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `span_batches_at` ON `span_batches` (`at`);--> statement-breakpoint
CREATE TABLE `span_rollups` (
	`service_id` text NOT NULL,
	`at` integer NOT NULL,
	`requests` integer NOT NULL,
	`errors` integer NOT NULL,
	`buckets` text NOT NULL,
	PRIMARY KEY(`service_id`, `at`)
);
--> statement-breakpoint
CREATE INDEX `span_rollups_at` ON `span_rollups` (`at`);--> statement-breakpoint
ALTER TABLE `services` ADD `traced_at` integer;