CREATE TABLE `causes_of_all` (
	`id` text PRIMARY KEY NOT NULL,
	`incident_id` text NOT NULL,
	`investigation_id` text,
	`rank` integer NOT NULL,
	`node` text,
	`kind` text NOT NULL,
	`statement` text NOT NULL,
	`confidence` real NOT NULL,
	`cites` text NOT NULL,
	`separates` text,
	`weak` integer DEFAULT false NOT NULL,
	`author` text NOT NULL,
	`notes` text DEFAULT '[]' NOT NULL,
	`feedback` integer,
	`feedback_by` text,
	`at` integer NOT NULL
);
--> statement-breakpoint
INSERT INTO `causes_of_all` SELECT `id`, `incident_id`, `investigation_id`, `rank`, `node`, `kind`, `statement`, `confidence`, `cites`, `separates`, 0, `author`, `notes`, `feedback`, `feedback_by`, `at` FROM `causes`;--> statement-breakpoint
INSERT INTO `causes_of_all` SELECT `id`, `incident_id`, NULL, `rank`, NULL, `diagnosis`, `statement`, `confidence`, `cites`, NULL, `weak`, `author`, '[]', NULL, NULL, `at` FROM `hypotheses`;--> statement-breakpoint
DROP TABLE `causes`;--> statement-breakpoint
DROP TABLE `hypotheses`;--> statement-breakpoint
ALTER TABLE `causes_of_all` RENAME TO `causes`;--> statement-breakpoint
CREATE INDEX `causes_incident` ON `causes` (`incident_id`,`rank`);--> statement-breakpoint
ALTER TABLE `episodes` ADD `subject_kind` text DEFAULT 'service' NOT NULL;
