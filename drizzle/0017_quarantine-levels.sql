ALTER TABLE `agent_types` ADD `level` text DEFAULT 'drain' NOT NULL;--> statement-breakpoint
ALTER TABLE `directives` ADD `level` text;--> statement-breakpoint
ALTER TABLE `directives` ADD `hand_over_to` text;--> statement-breakpoint
ALTER TABLE `runs` ADD `unknown_outcomes` integer DEFAULT 0 NOT NULL;