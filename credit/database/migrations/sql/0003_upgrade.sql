-- That an audit's snapshot is stored is looked up once a statement instead of once a row (docs/decisions/0012). Run as
-- blink_owner inside one transaction. A release that knows the constraint writes as before.

ALTER TABLE blink.risk_score_audits DROP CONSTRAINT risk_score_audits_as_of_snapshot_id_fkey;

-- Snapshots are never updated or deleted (trigger append_only), so that no lock need be held on them. Audits of one
-- statement are of one time, or of few: each is asked for in its own partition.
CREATE FUNCTION blink.check_snapshots_stored() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz;
    absent uuid;
BEGIN
    FOR moment IN SELECT DISTINCT as_of FROM added LOOP
        SELECT wanted.snapshot_id INTO absent FROM (
            SELECT snapshot_id FROM added WHERE as_of = moment
            EXCEPT
            SELECT snapshot_id FROM blink.feature_store_snapshots
            WHERE as_of = moment AND snapshot_id = ANY (ARRAY(SELECT snapshot_id FROM added WHERE as_of = moment))
        ) AS wanted LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'risk_score_audits: snapshot % as of % is not stored', absent, moment
                USING ERRCODE = 'foreign_key_violation';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

CREATE TRIGGER snapshots_stored AFTER INSERT ON blink.risk_score_audits
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION blink.check_snapshots_stored();
