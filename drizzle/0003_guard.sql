ALTER TABLE `agent_instances` ADD `enforced_event_at` integer;--> statement-breakpoint
ALTER TABLE `agent_instances` ADD `away_from` integer;--> statement-breakpoint
ALTER TABLE `agent_instances` ADD `away_until` integer;--> statement-breakpoint
ALTER TABLE `agent_instances` ADD `lateness_ms` integer;--> statement-breakpoint
CREATE INDEX `agent_instances_instance` ON `agent_instances` (`instance_id`);--> statement-breakpoint
ALTER TABLE `agents` ADD `away_from` integer;--> statement-breakpoint
ALTER TABLE `agents` ADD `away_until` integer;--> statement-breakpoint
ALTER TABLE `agents` ADD `lateness_ms` integer;--> statement-breakpoint
ALTER TABLE `agents` ADD `blind_spots` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `agents` ADD `downgrade` text;--> statement-breakpoint
ALTER TABLE `agents` ADD `continues` text;--> statement-breakpoint
-- Versions that were never issued were once taken at their word; nobody has confirmed them.
UPDATE `agent_instances` SET `enforced_version` = NULL, `enforced_at` = NULL WHERE `enforced_version` > coalesce((SELECT `directive_version` FROM `agents` WHERE `id` = `agent_instances`.`agent_id`), 0);--> statement-breakpoint
UPDATE `agent_instances` SET `applied_version` = NULL, `applied_hash` = NULL, `applied_at` = NULL WHERE `applied_version` > coalesce((SELECT `directive_version` FROM `agents` WHERE `id` = `agent_instances`.`agent_id`), 0);
