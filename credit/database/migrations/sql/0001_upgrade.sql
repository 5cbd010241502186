-- The schema of the first release (DESIGN 4 and 5). Run as blink_owner inside one transaction.

-- ---------------------------------------------------------------- visibility

-- What a reader at as_of saw. With the snapshot of that time the answer is exact, late commits included;
-- without one (a recomputation) the clock alone decides.
CREATE FUNCTION blink.was_visible(ingested_at timestamptz, xid xid8, as_of timestamptz, snapshot pg_snapshot)
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ingested_at <= as_of AND (snapshot IS NULL OR pg_visible_in_snapshot(xid, snapshot));

-- Stamps an input fact with the writing transaction and the time we knew it. History keeps the time that its
-- loader gives, and is marked; nobody but blink_owner and blink_loader may load history.
CREATE FUNCTION blink.stamp_fact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.xid := pg_current_xact_id();
    IF NOT NEW.backfilled THEN
        NEW.ingested_at := clock_timestamp();
    ELSIF NEW.ingested_at IS NULL THEN
        RAISE EXCEPTION '%: a backfilled row needs ingested_at, the time at which it was known', TG_TABLE_NAME
            USING ERRCODE = 'check_violation';
    ELSIF NEW.ingested_at > clock_timestamp() THEN
        RAISE EXCEPTION '%: ingested_at % lies in the future', TG_TABLE_NAME, NEW.ingested_at
            USING ERRCODE = 'check_violation';
    ELSIF NOT (pg_has_role('blink_loader', 'MEMBER') OR pg_has_role('blink_owner', 'MEMBER')) THEN
        RAISE EXCEPTION '%: only blink_loader may write history (backfilled rows)', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION blink.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused; write a new version instead', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;

-- ---------------------------------------------------------------- inputs

CREATE TABLE blink.accounts (
    account_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    portfolio   text NOT NULL CHECK (portfolio ~ '^[a-z][a-z0-9_]*$'),
    provider_id text NOT NULL CHECK (provider_id <> ''),
    version     integer NOT NULL DEFAULT 1 CHECK (version >= 1),
    corrects    bigint REFERENCES blink.accounts,
    voided      boolean NOT NULL DEFAULT false,
    subject_id  text NOT NULL CHECK (subject_id <> ''),
    currency    text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    timezone    text NOT NULL,
    opened_at   timestamptz NOT NULL,
    ingested_at timestamptz NOT NULL,
    xid         xid8 NOT NULL,
    backfilled  boolean NOT NULL DEFAULT false,
    CONSTRAINT accounts_version_key UNIQUE (portfolio, provider_id, version),
    CONSTRAINT accounts_correction_check CHECK ((version = 1) = (corrects IS NULL))
);
COMMENT ON COLUMN blink.accounts.corrects IS
    'account_id of version 1, set by trigger: what transactions and advances refer to';
CREATE INDEX accounts_subject_idx ON blink.accounts (portfolio, subject_id);
CREATE INDEX accounts_xid_idx ON blink.accounts (xid);

CREATE FUNCTION blink.link_account_correction() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    known_subject text;
BEGIN
    PERFORM now() AT TIME ZONE NEW.timezone;  -- refuses a name that PostgreSQL does not know
    NEW.corrects := NULL;
    IF NEW.version > 1 THEN
        SELECT account_id, subject_id INTO NEW.corrects, known_subject FROM blink.accounts
        WHERE portfolio = NEW.portfolio AND provider_id = NEW.provider_id AND version = 1;
        IF NEW.corrects IS NULL THEN
            RAISE EXCEPTION 'accounts: version % of % has no version 1', NEW.version, NEW.provider_id
                USING ERRCODE = 'foreign_key_violation';
        ELSIF known_subject <> NEW.subject_id THEN
            RAISE EXCEPTION 'accounts: a correction of % may not move it to another subject', NEW.provider_id
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TABLE blink.transactions (
    account_id    bigint NOT NULL REFERENCES blink.accounts,
    provider_id   text NOT NULL CHECK (provider_id <> ''),
    version       integer NOT NULL DEFAULT 1 CHECK (version >= 1),
    voided        boolean NOT NULL DEFAULT false,
    posted_at     timestamptz NOT NULL,
    amount        bigint NOT NULL,
    currency      text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    balance_after bigint,
    category      text NOT NULL CHECK (category IN (
        'salary', 'benefit', 'transfer_in', 'cash_in', 'interest', 'refund', 'rent', 'utilities', 'groceries',
        'shopping', 'transport', 'leisure', 'cash_out', 'transfer_out', 'insurance', 'loan_payment', 'fee',
        'overdraft_fee', 'gambling', 'advance_payout', 'advance_repayment', 'other')),
    status        text NOT NULL DEFAULT 'posted' CHECK (status IN ('posted', 'pending')),
    ingested_at   timestamptz NOT NULL,
    xid           xid8 NOT NULL,
    backfilled    boolean NOT NULL DEFAULT false,
    PRIMARY KEY (account_id, provider_id, version),
    -- Nothing is known before it happens. A row from the future would count as seen before it counted as new.
    CONSTRAINT transactions_past_check CHECK (posted_at <= ingested_at)
);
COMMENT ON COLUMN blink.transactions.amount IS 'minor units of currency; positive is money in';
COMMENT ON COLUMN blink.transactions.balance_after IS
    'minor units of the account''s currency, of the account after this row; NULL where the provider does not say';
-- Serves the feature windows: one account's rows of a range of days, and nobody else's.
CREATE INDEX transactions_window_idx ON blink.transactions (account_id, posted_at);
-- Corrections are few: whether a row has a later version is asked here.
CREATE INDEX transactions_correction_idx ON blink.transactions (account_id, provider_id, version) WHERE version > 1;
-- What has been written since a snapshot.
CREATE INDEX transactions_xid_idx ON blink.transactions (xid);

CREATE TABLE blink.advances (
    advance_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id      bigint NOT NULL REFERENCES blink.accounts,
    provider_id     text NOT NULL CHECK (provider_id <> ''),
    version         integer NOT NULL DEFAULT 1 CHECK (version >= 1),
    corrects        bigint REFERENCES blink.advances,
    voided          boolean NOT NULL DEFAULT false,
    requested_at    timestamptz NOT NULL,
    due_at          timestamptz NOT NULL,
    extended_due_at timestamptz,
    written_off_at  timestamptz,
    amount          bigint NOT NULL CHECK (amount > 0),
    fee             bigint NOT NULL DEFAULT 0 CHECK (fee >= 0),
    currency        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    ingested_at     timestamptz NOT NULL,
    xid             xid8 NOT NULL,
    backfilled      boolean NOT NULL DEFAULT false,
    CONSTRAINT advances_version_key UNIQUE (account_id, provider_id, version),
    CONSTRAINT advances_past_check CHECK (requested_at <= ingested_at),
    CONSTRAINT advances_due_check CHECK (due_at > requested_at),
    CONSTRAINT advances_correction_check CHECK ((version = 1) = (corrects IS NULL))
);
COMMENT ON COLUMN blink.advances.due_at IS 'first due date: an extension goes into extended_due_at and cures nothing';
COMMENT ON COLUMN blink.advances.corrects IS 'advance_id of version 1, set by trigger: what repayments refer to';
CREATE INDEX advances_request_idx ON blink.advances (account_id, requested_at);
CREATE INDEX advances_xid_idx ON blink.advances (xid);

CREATE FUNCTION blink.link_advance_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.corrects := NULL;
    IF NEW.version > 1 THEN
        SELECT advance_id INTO NEW.corrects FROM blink.advances
        WHERE account_id = NEW.account_id AND provider_id = NEW.provider_id AND version = 1;
        IF NEW.corrects IS NULL THEN
            RAISE EXCEPTION 'advances: version % of % has no version 1', NEW.version, NEW.provider_id
                USING ERRCODE = 'foreign_key_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE TABLE blink.repayments (
    advance_id  bigint NOT NULL REFERENCES blink.advances,
    provider_id text NOT NULL CHECK (provider_id <> ''),
    version     integer NOT NULL DEFAULT 1 CHECK (version >= 1),
    voided      boolean NOT NULL DEFAULT false,
    paid_at     timestamptz NOT NULL,
    amount      bigint NOT NULL CHECK (amount > 0),
    currency    text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    ingested_at timestamptz NOT NULL,
    xid         xid8 NOT NULL,
    backfilled  boolean NOT NULL DEFAULT false,
    PRIMARY KEY (advance_id, provider_id, version),
    CONSTRAINT repayments_past_check CHECK (paid_at <= ingested_at)
);
CREATE INDEX repayments_xid_idx ON blink.repayments (xid);

-- The label adds repayments up against what is owed: both must be in one currency.
CREATE FUNCTION blink.check_repayment_currency() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owed_in text;
BEGIN
    SELECT currency INTO owed_in FROM blink.advances WHERE advance_id = NEW.advance_id;
    IF owed_in <> NEW.currency THEN
        RAISE EXCEPTION 'repayments: % is in %, its advance in %; convert it at the rate the customer was given',
            NEW.provider_id, NEW.currency, owed_in USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TABLE blink.fx_rates (
    base        text NOT NULL CHECK (base ~ '^[A-Z]{3}$'),
    quote       text NOT NULL CHECK (quote ~ '^[A-Z]{3}$'),
    valid_at    timestamptz NOT NULL,
    version     integer NOT NULL DEFAULT 1 CHECK (version >= 1),
    voided      boolean NOT NULL DEFAULT false,
    rate        numeric NOT NULL CHECK (rate > 0 AND rate < 'Infinity'),
    ingested_at timestamptz NOT NULL,
    xid         xid8 NOT NULL,
    backfilled  boolean NOT NULL DEFAULT false,
    PRIMARY KEY (base, quote, valid_at, version)
);
COMMENT ON COLUMN blink.fx_rates.rate IS 'units of quote that one unit of base buys';

CREATE TABLE blink.ground_truth_labels (
    portfolio   text NOT NULL CHECK (portfolio ~ '^[a-z][a-z0-9_]*$'),
    batch_id    text NOT NULL CHECK (batch_id <> ''),
    subject_id  text NOT NULL CHECK (subject_id <> ''),
    observed_at timestamptz NOT NULL,
    version     integer NOT NULL DEFAULT 1 CHECK (version >= 1),
    voided      boolean NOT NULL DEFAULT false,
    known_at    timestamptz,
    features    jsonb NOT NULL CHECK (jsonb_typeof(features) = 'object'),
    label       smallint CHECK (label IN (0, 1)),
    ingested_at timestamptz NOT NULL,
    xid         xid8 NOT NULL,
    backfilled  boolean NOT NULL DEFAULT false,
    PRIMARY KEY (portfolio, batch_id, subject_id, observed_at, version),
    CONSTRAINT ground_truth_labels_known_check CHECK (label IS NULL OR known_at IS NOT NULL)
);

-- The order of triggers is that of their names: a correction is linked before its row is stamped.
CREATE TRIGGER a_link BEFORE INSERT ON blink.accounts
    FOR EACH ROW EXECUTE FUNCTION blink.link_account_correction();
CREATE TRIGGER a_link BEFORE INSERT ON blink.advances
    FOR EACH ROW EXECUTE FUNCTION blink.link_advance_correction();
CREATE TRIGGER a_check_currency BEFORE INSERT ON blink.repayments
    FOR EACH ROW EXECUTE FUNCTION blink.check_repayment_currency();

DO $$
DECLARE
    input text;
BEGIN
    FOREACH input IN ARRAY ARRAY['accounts', 'transactions', 'advances', 'repayments', 'fx_rates',
                                 'ground_truth_labels'] LOOP
        EXECUTE format('CREATE TRIGGER b_stamp BEFORE INSERT ON blink.%I
                        FOR EACH ROW EXECUTE FUNCTION blink.stamp_fact()', input);
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON blink.%I
                        FOR EACH STATEMENT EXECUTE FUNCTION blink.refuse_change()', input);
        EXECUTE format('GRANT INSERT ON blink.%I TO blink_loader', input);
    END LOOP;
END $$;

-- ---------------------------------------------------------------- outputs

CREATE TABLE blink.pipeline_runs (
    run_id      uuid PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('score', 'train', 'drift')),
    portfolio   text NOT NULL CHECK (portfolio ~ '^[a-z][a-z0-9_]*$'),
    batch_id    text,
    as_of       timestamptz NOT NULL,
    pg_snapshot pg_snapshot NOT NULL,
    shards      integer NOT NULL DEFAULT 1 CHECK (shards >= 1),
    state       text NOT NULL CHECK (state IN ('running', 'succeeded', 'refused', 'failed')),
    outcome     jsonb NOT NULL DEFAULT '{}',
    started_at  timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT pipeline_runs_finished_check CHECK ((state = 'running') = (finished_at IS NULL))
);
-- One running for each portfolio and batch.
CREATE UNIQUE INDEX pipeline_runs_running_key ON blink.pipeline_runs (kind, portfolio, coalesce(batch_id, ''))
    WHERE state = 'running';
CREATE INDEX pipeline_runs_started_idx ON blink.pipeline_runs (portfolio, kind, started_at);

CREATE TABLE blink.blink_models (
    id                 bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    model_id           text PRIMARY KEY CHECK (model_id ~ '^model_[A-Za-z0-9_]+_[0-9]{8}_[0-9]{6}$'),
    portfolio          text NOT NULL CHECK (portfolio ~ '^[a-z][a-z0-9_]*$'),
    batch_id           text,
    algorithm          text NOT NULL,
    model_path         text,
    manifest_sha256    bytea CHECK (length(manifest_sha256) = 32),
    metrics            jsonb NOT NULL,
    feature_importance jsonb NOT NULL,
    status             text NOT NULL CHECK (status IN ('trained', 'shadow', 'canary', 'champion', 'rejected',
                                                       'rolled_back', 'retired', 'refused')),
    run_id             uuid REFERENCES blink.pipeline_runs,
    fitted_until       timestamptz,
    created_at         timestamptz NOT NULL,
    CONSTRAINT blink_models_bundle_check
        CHECK ((status = 'refused') OR (model_path IS NOT NULL AND manifest_sha256 IS NOT NULL))
);
COMMENT ON COLUMN blink.blink_models.fitted_until IS
    'time of the last row that the model was fitted or calibrated on: evidence for it lies later';
CREATE UNIQUE INDEX blink_models_champion_key ON blink.blink_models (portfolio) WHERE status = 'champion';

CREATE VIEW blink.model_registry AS
SELECT id, model_id, batch_id, algorithm AS model_type, model_path, metrics, feature_importance, status, created_at
FROM blink.blink_models;

CREATE TABLE blink.audit_batches (
    writer        text NOT NULL CHECK (writer <> ''),
    sequence      bigint NOT NULL CHECK (sequence >= 1),
    count         integer NOT NULL CHECK (count >= 1),
    merkle_root   bytea NOT NULL CHECK (length(merkle_root) = 32),
    previous_root bytea CHECK (length(previous_root) = 32),
    committed_at  timestamptz NOT NULL,
    PRIMARY KEY (writer, sequence),
    CONSTRAINT audit_batches_chain_check CHECK ((sequence = 1) = (previous_root IS NULL))
);

CREATE TABLE blink.feature_store_snapshots (
    snapshot_id  uuid NOT NULL,
    as_of        timestamptz NOT NULL,
    portfolio    text NOT NULL CHECK (portfolio ~ '^[a-z][a-z0-9_]*$'),
    subject_id   text NOT NULL CHECK (subject_id <> ''),
    source       text NOT NULL CHECK (source IN ('computed', 'supplied')),
    origin       text NOT NULL CHECK (origin IN ('batch', 'online')),
    pg_snapshot  pg_snapshot NOT NULL,
    run_id       uuid REFERENCES blink.pipeline_runs,
    features     jsonb NOT NULL CHECK (jsonb_typeof(features) = 'object'),
    null_reasons jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(null_reasons) = 'object'),
    PRIMARY KEY (as_of, snapshot_id)
) PARTITION BY RANGE (as_of);
COMMENT ON COLUMN blink.feature_store_snapshots.features IS
    'feature name to value in major units; null where unknown, with the reason in null_reasons';
CREATE UNIQUE INDEX feature_store_snapshots_batch_key ON blink.feature_store_snapshots (as_of, portfolio, subject_id)
    WHERE origin = 'batch';
CREATE INDEX feature_store_snapshots_subject_idx ON blink.feature_store_snapshots (portfolio, subject_id, as_of);

CREATE TABLE blink.risk_score_audits (
    audit_id            uuid NOT NULL,
    as_of               timestamptz NOT NULL,
    scored_at           timestamptz NOT NULL,
    portfolio           text NOT NULL CHECK (portfolio ~ '^[a-z][a-z0-9_]*$'),
    subject_id          text NOT NULL CHECK (subject_id <> ''),
    origin              text NOT NULL CHECK (origin IN ('batch', 'online', 'shadow')),
    role                text NOT NULL CHECK (role IN ('champion', 'challenger')),
    model_id            text NOT NULL REFERENCES blink.blink_models,
    engine              text NOT NULL,
    engine_version      text NOT NULL,
    run_id              uuid REFERENCES blink.pipeline_runs,
    request_id          text,
    snapshot_id         uuid NOT NULL,
    missing             jsonb NOT NULL CHECK (jsonb_typeof(missing) = 'array'),
    margin              double precision NOT NULL,
    default_probability double precision NOT NULL CHECK (default_probability BETWEEN 0 AND 1),
    points              integer NOT NULL,
    base_value          double precision NOT NULL,
    contributions       jsonb NOT NULL CHECK (jsonb_typeof(contributions) = 'object'),
    scale               text NOT NULL CHECK (scale IN ('log_odds_default', 'probability')),
    reasons             jsonb NOT NULL CHECK (jsonb_typeof(reasons) = 'array'),
    writer              text NOT NULL,
    batch_sequence      bigint NOT NULL,
    batch_position      integer NOT NULL CHECK (batch_position >= 0),
    sha256              bytea NOT NULL CHECK (length(sha256) = 32),
    PRIMARY KEY (as_of, audit_id),
    FOREIGN KEY (as_of, snapshot_id) REFERENCES blink.feature_store_snapshots (as_of, snapshot_id),
    FOREIGN KEY (writer, batch_sequence) REFERENCES blink.audit_batches (writer, sequence)
        DEFERRABLE INITIALLY DEFERRED
) PARTITION BY RANGE (as_of);
-- The key of a batch score: a retry writes nothing twice.
CREATE UNIQUE INDEX risk_score_audits_batch_key ON blink.risk_score_audits
    (as_of, portfolio, subject_id, model_id, role) WHERE origin = 'batch';
-- Serves the proof of a batch.
CREATE INDEX risk_score_audits_ledger_idx ON blink.risk_score_audits (writer, batch_sequence, batch_position);
CREATE INDEX risk_score_audits_subject_idx ON blink.risk_score_audits (portfolio, subject_id, as_of);

CREATE TABLE blink.score_requests (
    client          text NOT NULL,
    idempotency_key text NOT NULL CHECK (idempotency_key <> ''),
    body_sha256     bytea NOT NULL CHECK (length(body_sha256) = 32),
    as_of           timestamptz NOT NULL,
    audit_ids       uuid[] NOT NULL,
    answer          text NOT NULL,  -- the bytes that were sent: jsonb would reorder them
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (client, idempotency_key)
);

CREATE TABLE blink.latest_scores (
    portfolio           text NOT NULL CHECK (portfolio ~ '^[a-z][a-z0-9_]*$'),
    subject_id          text NOT NULL CHECK (subject_id <> ''),
    as_of               timestamptz NOT NULL,
    audit_id            uuid NOT NULL,
    model_id            text NOT NULL REFERENCES blink.blink_models,
    default_probability double precision NOT NULL CHECK (default_probability BETWEEN 0 AND 1),
    points              integer NOT NULL,
    PRIMARY KEY (portfolio, subject_id)
);

CREATE TABLE blink.scoring_progress (
    portfolio         text NOT NULL CHECK (portfolio ~ '^[a-z][a-z0-9_]*$'),
    shard             integer NOT NULL DEFAULT 0 CHECK (shard >= 0),
    model_id          text NOT NULL REFERENCES blink.blink_models,
    run_id            uuid NOT NULL REFERENCES blink.pipeline_runs,
    last_subject      text,
    pg_snapshot       pg_snapshot,
    system_identifier bigint NOT NULL,
    updated_at        timestamptz NOT NULL,
    PRIMARY KEY (portfolio, shard)
);
COMMENT ON COLUMN blink.scoring_progress.last_subject IS
    'last subject that run_id has committed, in order; NULL when it has finished';
COMMENT ON COLUMN blink.scoring_progress.pg_snapshot IS
    'what the last finished run has seen: new data is what this snapshot does not see; NULL before the first';

CREATE TABLE blink.drift_reports (
    report_id    uuid PRIMARY KEY,
    portfolio    text NOT NULL CHECK (portfolio ~ '^[a-z][a-z0-9_]*$'),
    model_id     text NOT NULL REFERENCES blink.blink_models,
    run_id       uuid REFERENCES blink.pipeline_runs,
    window_start timestamptz NOT NULL,
    window_end   timestamptz NOT NULL,
    findings     jsonb NOT NULL,
    created_at   timestamptz NOT NULL,
    CONSTRAINT drift_reports_window_check CHECK (window_end > window_start)
);

CREATE TABLE blink.promotion_events (
    event_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    portfolio    text NOT NULL CHECK (portfolio ~ '^[a-z][a-z0-9_]*$'),
    model_id     text NOT NULL REFERENCES blink.blink_models,
    champion_id  text REFERENCES blink.blink_models,
    kind         text NOT NULL,
    decision     text NOT NULL,
    override     boolean NOT NULL DEFAULT false,
    actor        text NOT NULL,
    reason       text,
    figures      jsonb NOT NULL,
    created_at   timestamptz NOT NULL,
    CONSTRAINT promotion_events_override_check CHECK (NOT override OR reason <> '')
);
COMMENT ON COLUMN blink.promotion_events.figures IS 'all figures that the decision was made from';
CREATE INDEX promotion_events_portfolio_idx ON blink.promotion_events (portfolio, created_at);

DO $$
DECLARE
    ledger text;
BEGIN
    FOREACH ledger IN ARRAY ARRAY['audit_batches', 'feature_store_snapshots', 'risk_score_audits',
                                  'score_requests', 'promotion_events'] LOOP
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON blink.%I
                        FOR EACH STATEMENT EXECUTE FUNCTION blink.refuse_change()', ledger);
    END LOOP;
END $$;

-- Daily partitions of the two big tables for [first_day, first_day + days), UTC. Callers hold no right to
-- create tables: the function has its owner's. Safe to call at once from several sessions.
CREATE FUNCTION blink.ensure_partitions(first_day date, days integer)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    parent text;
    child text;
    day date;
BEGIN
    IF days < 1 OR days > 400 THEN
        RAISE EXCEPTION 'ensure_partitions: days must be 1 to 400, not %', days;
    END IF;
    FOR day IN SELECT first_day + n FROM generate_series(0, days - 1) AS n LOOP
        FOREACH parent IN ARRAY ARRAY['feature_store_snapshots', 'risk_score_audits'] LOOP
            child := parent || to_char(day, '"_p"YYYYMMDD');
            IF to_regclass('blink.' || child) IS NULL THEN
                PERFORM pg_advisory_xact_lock(hashtextextended('blink.ensure_partitions', 0));
                BEGIN
                    EXECUTE format('CREATE TABLE blink.%I PARTITION OF blink.%I FOR VALUES FROM (%L) TO (%L)',
                                   child, parent, day || ' 00:00+00', (day + 1) || ' 00:00+00');
                    -- Statement triggers of the parent do not guard a partition that is named directly.
                    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON blink.%I
                                    FOR EACH STATEMENT EXECUTE FUNCTION blink.refuse_change()', child);
                EXCEPTION WHEN duplicate_table THEN
                    -- Whoever held the lock before us made it. Looking again would not tell: the first look's
                    -- "there is none" stays in the session's cache.
                    NULL;
                END;
            END IF;
        END LOOP;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION blink.ensure_partitions(date, integer) FROM PUBLIC;

-- ---------------------------------------------------------------- rights

GRANT USAGE ON SCHEMA blink TO blink_loader, blink_scorer, blink_trainer, blink_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA blink TO blink_loader, blink_scorer, blink_trainer, blink_reader;
GRANT INSERT ON blink.feature_store_snapshots, blink.risk_score_audits, blink.audit_batches, blink.score_requests
    TO blink_scorer;
GRANT INSERT, UPDATE ON blink.latest_scores, blink.scoring_progress, blink.pipeline_runs TO blink_scorer;
GRANT EXECUTE ON FUNCTION blink.ensure_partitions(date, integer) TO blink_scorer;
GRANT INSERT, UPDATE ON blink.pipeline_runs, blink.blink_models TO blink_trainer;
GRANT INSERT ON blink.promotion_events, blink.drift_reports TO blink_trainer;
