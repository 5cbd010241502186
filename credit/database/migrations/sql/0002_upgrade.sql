-- Runs as steps of a workflow: asked for before they begin, carried by a workflow, retried. And which older releases
-- this schema still serves (docs/decisions/0005). Run as blink_owner inside one transaction.

-- ---------------------------------------------------------------- runs

ALTER TABLE blink.pipeline_runs
    ADD COLUMN workflow text CHECK (workflow <> ''),
    ADD COLUMN requested_by text CHECK (requested_by <> ''),
    ADD CONSTRAINT pipeline_runs_batch_id_check CHECK (batch_id ~ '^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$'),
    DROP CONSTRAINT pipeline_runs_state_check,
    ADD CONSTRAINT pipeline_runs_state_check
        CHECK (state IN ('requested', 'running', 'succeeded', 'refused', 'failed')),
    DROP CONSTRAINT pipeline_runs_finished_check,
    ADD CONSTRAINT pipeline_runs_finished_check CHECK ((state IN ('requested', 'running')) = (finished_at IS NULL));
COMMENT ON COLUMN blink.pipeline_runs.batch_id IS
    'which batch of labels is trained on, or only a name where the labels come from advances; in the model''s id';
COMMENT ON COLUMN blink.pipeline_runs.as_of IS
    'what the run scores or reads labels as of; fixed once, so that a retry does the same';
COMMENT ON COLUMN blink.pipeline_runs.state IS
    'requested: asked for, its process has not begun; running: begun, alive or to be taken up again; '
    'refused: too few rows to train on';
COMMENT ON COLUMN blink.pipeline_runs.started_at IS
    'when it was asked for; from its begin on, when its last try began';
COMMENT ON COLUMN blink.pipeline_runs.workflow IS 'the Argo workflow that carries it, the latest; NULL: none';
COMMENT ON COLUMN blink.pipeline_runs.requested_by IS 'who asked for it through the control API; NULL: nobody did';
COMMENT ON COLUMN blink.pipeline_runs.outcome IS
    'plan (scoring), error, earlier failed tries, workflows with their ends, and what came of the run';

-- One active run for each portfolio and batch.
DROP INDEX blink.pipeline_runs_running_key;
CREATE UNIQUE INDEX pipeline_runs_active_key ON blink.pipeline_runs (kind, portfolio, coalesce(batch_id, ''))
    WHERE state IN ('requested', 'running');
-- Serves the end of a workflow, which looks for its runs.
CREATE INDEX pipeline_runs_workflow_idx ON blink.pipeline_runs (workflow) WHERE workflow IS NOT NULL;

-- ---------------------------------------------------------------- models

-- A batch's name may hold a hyphen, and names its models.
ALTER TABLE blink.blink_models
    DROP CONSTRAINT blink_models_model_id_check,
    ADD CONSTRAINT blink_models_model_id_check CHECK (model_id ~ '^model_[A-Za-z0-9][A-Za-z0-9_-]*_[0-9]{8}_[0-9]{6}$');

-- ---------------------------------------------------------------- releases

CREATE TABLE blink.schema_support (
    the_row boolean PRIMARY KEY DEFAULT true CHECK (the_row),
    oldest  text NOT NULL CHECK (oldest ~ '^[0-9]{4}$')
);
COMMENT ON TABLE blink.schema_support IS 'one row: which releases work on this schema, newer than their own as it may be';
COMMENT ON COLUMN blink.schema_support.oldest IS
    'the oldest release that does, by the schema version it was made with; a migration that takes something away moves it';
-- The first release accepts its own version alone.
INSERT INTO blink.schema_support (oldest) VALUES ('0002');
GRANT SELECT ON blink.schema_support TO blink_loader, blink_scorer, blink_trainer, blink_reader;
