-- Recorded incidents used to be fired into the real world. Drills have a world of their own now: what the earlier ones left here goes.
-- Kept is what was real: incidents that real alerts joined, and those for which an operation was carried out, with its record.
CREATE TABLE `__recorded` AS
SELECT i.id, EXISTS (SELECT 1 FROM action_runs r WHERE r.incident_id = i.id) AS acted FROM incidents i
WHERE i.kind = 'service'
  AND EXISTS (SELECT 1 FROM alerts a WHERE a.incident_id = i.id AND a.source_id LIKE 'scenario:%')
  AND NOT EXISTS (SELECT 1 FROM alerts a WHERE a.incident_id = i.id AND a.source_id NOT LIKE 'scenario:%');--> statement-breakpoint
DELETE FROM episodes_fts WHERE id IN (SELECT id FROM `__recorded`);--> statement-breakpoint
DELETE FROM episode_vectors WHERE incident_id IN (SELECT id FROM `__recorded`);--> statement-breakpoint
DELETE FROM episodes WHERE incident_id IN (SELECT id FROM `__recorded`);--> statement-breakpoint
DELETE FROM `__recorded` WHERE acted;--> statement-breakpoint
DELETE FROM incident_subjects WHERE incident_id IN (SELECT id FROM `__recorded`);--> statement-breakpoint
DELETE FROM incident_signals WHERE incident_id IN (SELECT id FROM `__recorded`);--> statement-breakpoint
DELETE FROM findings WHERE incident_id IN (SELECT id FROM `__recorded`);--> statement-breakpoint
DELETE FROM causes WHERE incident_id IN (SELECT id FROM `__recorded`);--> statement-breakpoint
DELETE FROM investigations WHERE incident_id IN (SELECT id FROM `__recorded`);--> statement-breakpoint
DELETE FROM trajectory WHERE incident_id IN (SELECT id FROM `__recorded`);--> statement-breakpoint
DELETE FROM proposals WHERE incident_id IN (SELECT id FROM `__recorded`);--> statement-breakpoint
DELETE FROM approvals WHERE incident_id IN (SELECT id FROM `__recorded`);--> statement-breakpoint
DELETE FROM postmortems WHERE incident_id IN (SELECT id FROM `__recorded`);--> statement-breakpoint
DELETE FROM stream_events WHERE incident_id IN (SELECT id FROM `__recorded`);--> statement-breakpoint
DELETE FROM alerts WHERE incident_id IN (SELECT id FROM `__recorded`);--> statement-breakpoint
UPDATE services SET incident_id = NULL WHERE incident_id IN (SELECT id FROM `__recorded`);--> statement-breakpoint
UPDATE incidents SET previous_incident_id = NULL WHERE previous_incident_id IN (SELECT id FROM `__recorded`);--> statement-breakpoint
DELETE FROM incidents WHERE id IN (SELECT id FROM `__recorded`);--> statement-breakpoint
DELETE FROM changes WHERE subject_kind = 'service' AND source LIKE 'scenario %';--> statement-breakpoint
-- Services that nothing but recordings told of: each had a series. What a services' file tells of comes back with it.
CREATE TABLE `__played` AS
SELECT s.id FROM services s
WHERE s.source IN ('seed', 'alert') AND s.label_key IS NULL
  AND EXISTS (SELECT 1 FROM recorded_series r WHERE r.node = s.id)
  AND NOT EXISTS (SELECT 1 FROM alerts a WHERE a.service_id = s.id)
  AND NOT EXISTS (SELECT 1 FROM changes c WHERE c.subject_kind = 'service' AND c.subject_id = s.id)
  AND NOT EXISTS (SELECT 1 FROM incident_subjects i WHERE i.subject_kind = 'service' AND i.subject_id = s.id);--> statement-breakpoint
DELETE FROM log_lines WHERE node IN (SELECT id FROM `__played`);--> statement-breakpoint
DELETE FROM service_edges WHERE caller IN (SELECT id FROM `__played`) OR callee IN (SELECT id FROM `__played`);--> statement-breakpoint
DELETE FROM signals WHERE service_id IN (SELECT id FROM `__played`);--> statement-breakpoint
DELETE FROM services WHERE id IN (SELECT id FROM `__played`);--> statement-breakpoint
DELETE FROM recorded_series;--> statement-breakpoint
DROP TABLE `__recorded`;--> statement-breakpoint
DROP TABLE `__played`;
