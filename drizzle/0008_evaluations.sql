CREATE TABLE `eval_cases` (
	`run_id` text NOT NULL,
	`case_id` text NOT NULL,
	`class` text NOT NULL,
	`case_set` text NOT NULL,
	`title` text NOT NULL,
	`passed` integer NOT NULL,
	`scores` text NOT NULL,
	`answers` text NOT NULL,
	`trajectory` text NOT NULL,
	`truth` text NOT NULL,
	`why` text NOT NULL,
	`detection_delay_ms` real,
	`time_to_proposal_ms` real,
	`tokens` integer NOT NULL,
	`usd` real NOT NULL,
	`ms` real NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`run_id`, `case_id`)
);
--> statement-breakpoint
CREATE TABLE `eval_runs` (
	`id` text PRIMARY KEY NOT NULL,
	`state` text NOT NULL,
	`commit_hash` text NOT NULL,
	`started_by` text NOT NULL,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	`total` integer NOT NULL,
	`options` text NOT NULL,
	`summary` text,
	`detail` text
);
--> statement-breakpoint
CREATE INDEX `eval_runs_started` ON `eval_runs` (`started_at`);--> statement-breakpoint
CREATE TABLE `incident_scores` (
	`incident_id` text PRIMARY KEY NOT NULL,
	`scores` text NOT NULL,
	`answers` text NOT NULL,
	`passed` integer,
	`detection_delay_ms` real,
	`time_to_proposal_ms` real,
	`tokens` integer NOT NULL,
	`usd` real NOT NULL,
	`verdicts` text NOT NULL,
	`verdict_by` text,
	`scored_at` integer NOT NULL
);
