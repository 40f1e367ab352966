ALTER TABLE `alert_sources` ADD `refused` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `alert_sources` ADD `last_refusal` text;--> statement-breakpoint
ALTER TABLE `alert_sources` ADD `last_refusal_at` integer;--> statement-breakpoint
ALTER TABLE `services` ADD `scope` text DEFAULT '{}' NOT NULL;--> statement-breakpoint
-- Where the services of earlier alerts ran, as the latest alert of each said (see lib/core/alert-service.ts).
UPDATE services SET scope = (
  SELECT json_patch('{}', json_object(
    'environment', CASE lower(coalesce(json_extract(a.labels, '$.environment'), json_extract(a.labels, '$.env'), json_extract(a.labels, '$.deployment_environment')))
      WHEN 'production' THEN 'prod' WHEN 'prd' THEN 'prod' WHEN 'live' THEN 'prod'
      WHEN 'stage' THEN 'staging' WHEN 'stg' THEN 'staging' WHEN 'development' THEN 'dev'
      ELSE lower(coalesce(json_extract(a.labels, '$.environment'), json_extract(a.labels, '$.env'), json_extract(a.labels, '$.deployment_environment'))) END,
    'cluster', json_extract(a.labels, '$.cluster'),
    'namespace', CASE WHEN json_extract(a.labels, '$.namespace') NOT LIKE '%monitoring%' THEN json_extract(a.labels, '$.namespace') END))
  FROM alerts a WHERE a.service_id = services.id ORDER BY a.last_at DESC LIMIT 1)
WHERE EXISTS (SELECT 1 FROM alerts a WHERE a.service_id = services.id AND json_valid(a.labels));
