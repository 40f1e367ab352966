ALTER TABLE `ingest_keys` ADD `scopes` text DEFAULT '["events","changes"]' NOT NULL;--> statement-breakpoint
ALTER TABLE `ingest_keys` ADD `services` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
UPDATE `ingest_keys` SET `scopes` = '["events","changes","logs"]', `services` = CASE
  WHEN `agent_id` IS NOT NULL THEN json_array(`agent_id`)
  WHEN `name_prefix` IS NOT NULL THEN json_array(`name_prefix` || '*')
  ELSE '["*"]' END;
