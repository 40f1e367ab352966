ALTER TABLE `agent_types` ADD `act_hours` text;--> statement-breakpoint
ALTER TABLE `agent_types` ADD `act_actions` text;--> statement-breakpoint
ALTER TABLE `changes` ADD `effect` text;--> statement-breakpoint
CREATE INDEX `changes_watched` ON `changes` (`at`) WHERE status = 'watched';--> statement-breakpoint
ALTER TABLE `incidents` ADD `hold_right` integer;--> statement-breakpoint
ALTER TABLE `incidents` ADD `hold_right_by` text;--> statement-breakpoint
UPDATE `incident_scores` SET `verdicts` = json_set(`verdicts`, '$.heldRight', json(CASE WHEN `verdicts` ->> 'heldRight' THEN 'false' ELSE 'true' END)) WHERE json_type(`verdicts`, '$.heldRight') IS NOT NULL AND `incident_id` IN (SELECT `id` FROM `incidents` WHERE `kind` = 'agent' AND `mode` <> 'act' AND `contained_at` IS NULL);--> statement-breakpoint
UPDATE `incidents` SET `score_due` = true WHERE `kind` = 'agent' AND `mode` <> 'act' AND `contained_at` IS NULL AND `closed_at` IS NOT NULL AND `id` IN (SELECT `incident_id` FROM `incident_scores` WHERE json_type(`verdicts`, '$.heldRight') IS NOT NULL);
