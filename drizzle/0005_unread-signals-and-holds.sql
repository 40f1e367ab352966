CREATE TABLE `unread_sources` (
	`source` text PRIMARY KEY NOT NULL,
	`reason` text NOT NULL,
	`since` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `incidents` ADD `holds_allowed` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `signals` ADD `detail` text;--> statement-breakpoint
ALTER TABLE `signals` ADD `problem` text;