CREATE TABLE `otlp_records` (
	`key_id` text NOT NULL,
	`program` text NOT NULL,
	`scope` text NOT NULL,
	`signal` text NOT NULL,
	`name` text NOT NULL,
	`fate` text NOT NULL,
	`records` integer NOT NULL,
	`first_at` integer NOT NULL,
	`last_at` integer NOT NULL,
	PRIMARY KEY(`key_id`, `program`, `scope`, `signal`, `name`, `fate`)
);
--> statement-breakpoint
CREATE INDEX `otlp_records_last` ON `otlp_records` (`last_at`);--> statement-breakpoint
CREATE TABLE `otlp_sessions` (
	`key_id` text NOT NULL,
	`name` text NOT NULL,
	`agent_id` text NOT NULL,
	`agent_type` text NOT NULL,
	`run_id` text,
	`alias` text,
	`ledger` text NOT NULL,
	`held_at` integer,
	`calls_at` integer,
	`version` integer NOT NULL,
	`told_at` integer NOT NULL,
	PRIMARY KEY(`key_id`, `name`)
);
--> statement-breakpoint
CREATE INDEX `otlp_sessions_held` ON `otlp_sessions` (`held_at`) WHERE held_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `otlp_sessions_told` ON `otlp_sessions` (`told_at`);