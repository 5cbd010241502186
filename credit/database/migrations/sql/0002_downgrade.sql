-- Back to the first release's schema. Models that a batch with a hyphen named stay, and keep their ids.
DROP TABLE blink.schema_support;

ALTER TABLE blink.blink_models
    DROP CONSTRAINT blink_models_model_id_check,
    ADD CONSTRAINT blink_models_model_id_check CHECK (model_id ~ '^model_[A-Za-z0-9_]+_[0-9]{8}_[0-9]{6}$') NOT VALID;

DROP INDEX blink.pipeline_runs_workflow_idx, blink.pipeline_runs_active_key;
ALTER TABLE blink.pipeline_runs DROP CONSTRAINT pipeline_runs_finished_check, DROP CONSTRAINT pipeline_runs_state_check;
UPDATE blink.pipeline_runs
SET state = 'failed', finished_at = clock_timestamp(),
    outcome = outcome || '{"error": "asked for, and never begun: the schema was taken back to 0001"}'
WHERE state = 'requested';
ALTER TABLE blink.pipeline_runs
    DROP CONSTRAINT pipeline_runs_batch_id_check,
    DROP COLUMN workflow,
    DROP COLUMN requested_by,
    ADD CONSTRAINT pipeline_runs_state_check CHECK (state IN ('running', 'succeeded', 'refused', 'failed')),
    ADD CONSTRAINT pipeline_runs_finished_check CHECK ((state = 'running') = (finished_at IS NULL));
COMMENT ON COLUMN blink.pipeline_runs.batch_id IS NULL;
COMMENT ON COLUMN blink.pipeline_runs.as_of IS NULL;
COMMENT ON COLUMN blink.pipeline_runs.state IS NULL;
COMMENT ON COLUMN blink.pipeline_runs.started_at IS NULL;
COMMENT ON COLUMN blink.pipeline_runs.outcome IS NULL;
CREATE UNIQUE INDEX pipeline_runs_running_key ON blink.pipeline_runs (kind, portfolio, coalesce(batch_id, ''))
    WHERE state = 'running';
