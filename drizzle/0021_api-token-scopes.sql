ALTER TABLE `api_tokens` ADD `scopes` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
CREATE INDEX `spend_dimension` ON `spend` (`dimension`,`quarter`);