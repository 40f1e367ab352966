ALTER TABLE `eval_cases` ADD `judged` text;--> statement-breakpoint
ALTER TABLE `eval_runs` ADD `judge` text;--> statement-breakpoint
ALTER TABLE `eval_runs` ADD `owner` text;--> statement-breakpoint
ALTER TABLE `eval_runs` ADD `lease_until` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `eval_runs_running` ON `eval_runs` (`lease_until`) WHERE state = 'running';--> statement-breakpoint
ALTER TABLE `incidents` ADD `score_due` integer DEFAULT true NOT NULL;--> statement-breakpoint
UPDATE `incidents` SET `score_due` = false WHERE `kind` = 'limit' OR `id` IN (SELECT `incident_id` FROM `incident_scores`);--> statement-breakpoint
CREATE INDEX `incidents_unscored` ON `incidents` (`closed_at`) WHERE closed_at IS NOT NULL AND score_due = 1;
