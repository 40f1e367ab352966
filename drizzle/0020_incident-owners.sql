ALTER TABLE `incidents` ADD `assignee_id` text;--> statement-breakpoint
ALTER TABLE `incidents` ADD `assignee_name` text;--> statement-breakpoint
ALTER TABLE `incidents` ADD `snoozed_until` integer;