CREATE TABLE `budget_states` (
	`budget_id` text NOT NULL,
	`subject` text NOT NULL,
	`start_at` integer NOT NULL,
	`end_at` integer NOT NULL,
	`level` text NOT NULL,
	`granted` real DEFAULT 0 NOT NULL,
	`standing` text DEFAULT 'open' NOT NULL,
	`warned_at` integer NOT NULL,
	`reached_at` integer,
	`incident_id` text,
	`decided_by` text,
	`decided_at` integer,
	`version` integer DEFAULT 1 NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`budget_id`, `subject`, `start_at`)
);
--> statement-breakpoint
CREATE INDEX `budget_states_held` ON `budget_states` (`standing`) WHERE standing IN ('asking', 'stopped', 'recorded');--> statement-breakpoint
CREATE TABLE `budgets` (
	`id` text PRIMARY KEY NOT NULL,
	`scope` text NOT NULL,
	`subject` text NOT NULL,
	`window_kind` text NOT NULL,
	`zone` text NOT NULL,
	`measure` text NOT NULL,
	`limit_amount` real NOT NULL,
	`warn_share` real NOT NULL,
	`at_limit` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`updated_by` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `spend` (
	`dimension` text NOT NULL,
	`name` text NOT NULL,
	`quarter` integer NOT NULL,
	`nano_usd` real DEFAULT 0 NOT NULL,
	`unpriced` real DEFAULT 0 NOT NULL,
	`tokens` real DEFAULT 0 NOT NULL,
	`uncounted` real DEFAULT 0 NOT NULL,
	`model_calls` real DEFAULT 0 NOT NULL,
	`tool_calls` real DEFAULT 0 NOT NULL,
	PRIMARY KEY(`dimension`, `name`, `quarter`)
);
--> statement-breakpoint
CREATE INDEX `spend_quarter` ON `spend` (`quarter`);--> statement-breakpoint
CREATE TABLE `spend_windows` (
	`scope` text NOT NULL,
	`window_kind` text NOT NULL,
	`zone` text NOT NULL,
	`start_at` integer NOT NULL,
	`subject` text NOT NULL,
	`nano_usd` real DEFAULT 0 NOT NULL,
	`unpriced` real DEFAULT 0 NOT NULL,
	`tokens` real DEFAULT 0 NOT NULL,
	`uncounted` real DEFAULT 0 NOT NULL,
	`model_calls` real DEFAULT 0 NOT NULL,
	`tool_calls` real DEFAULT 0 NOT NULL,
	`depth` integer DEFAULT 0 NOT NULL,
	`descendants` integer DEFAULT 0 NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`scope`, `window_kind`, `zone`, `start_at`, `subject`)
);
--> statement-breakpoint
CREATE INDEX `spend_windows_updated` ON `spend_windows` (`updated_at`);--> statement-breakpoint
ALTER TABLE `runs` ADD `depth` integer;--> statement-breakpoint
CREATE INDEX `runs_root` ON `runs` (`root_run_id`);--> statement-breakpoint
CREATE INDEX `runs_open` ON `runs` (`last_at`) WHERE ended_at IS NULL;--> statement-breakpoint
CREATE INDEX `agents_paused` ON `agents` (`id`) WHERE paused = 1;