CREATE TEMPORARY TABLE IF NOT EXISTS staged_labels (
    batch_id    text,
    subject_id  text,
    observed_at timestamptz,
    known_at    timestamptz,
    features    jsonb,
    label       smallint,
    protected   jsonb
) ON COMMIT DROP
