CREATE TABLE `slack_accounts` (
	`id` text PRIMARY KEY NOT NULL,
	`team_id` text NOT NULL,
	`slack_user_id` text NOT NULL,
	`user_id` text NOT NULL,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `slack_accounts_person` ON `slack_accounts` (`team_id`,`slack_user_id`);--> statement-breakpoint
CREATE INDEX `slack_accounts_user` ON `slack_accounts` (`user_id`);--> statement-breakpoint
CREATE TABLE `slack_clicks` (
	`key` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`answer` text
);
--> statement-breakpoint
CREATE INDEX `slack_clicks_at` ON `slack_clicks` (`at`);--> statement-breakpoint
CREATE TABLE `slack_messages` (
	`channel_id` text NOT NULL,
	`incident_id` text NOT NULL,
	`team_id` text NOT NULL,
	`conversation` text NOT NULL,
	`ts` text NOT NULL,
	`seen_seq` integer NOT NULL,
	`shown` text NOT NULL,
	`final` integer DEFAULT false NOT NULL,
	`claimed_until` integer,
	`failures` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`channel_id`, `incident_id`)
);
--> statement-breakpoint
CREATE INDEX `slack_messages_ts` ON `slack_messages` (`conversation`,`ts`);--> statement-breakpoint
CREATE INDEX `slack_messages_open` ON `slack_messages` (`channel_id`) WHERE final = 0;--> statement-breakpoint
CREATE INDEX `slack_messages_created` ON `slack_messages` (`created_at`);--> statement-breakpoint
ALTER TABLE `notification_channels` ADD `edits_retry_at` integer;--> statement-breakpoint
CREATE INDEX `approvals_incident` ON `approvals` (`incident_id`,`requested_at`);