CREATE TABLE `agent_content` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`key_id` text NOT NULL,
	`agent_id` text NOT NULL,
	`run_id` text,
	`record` text NOT NULL,
	`kind` text NOT NULL,
	`name` text,
	`at` integer NOT NULL,
	`received_at` integer NOT NULL,
	`text` text NOT NULL,
	`cut` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `agent_content_record` ON `agent_content` (`key_id`,`record`,`kind`);--> statement-breakpoint
CREATE INDEX `agent_content_agent` ON `agent_content` (`agent_id`,`seq`);--> statement-breakpoint
CREATE INDEX `agent_content_received` ON `agent_content` (`received_at`);--> statement-breakpoint
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
ALTER TABLE `ingest_keys` ADD `content` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `services` ADD `traced_at` integer;