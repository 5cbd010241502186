-- Back to an empty schema. Roles stay: they belong to the server, and other databases may use them.
DROP VIEW blink.model_registry;
DROP TABLE blink.promotion_events, blink.drift_reports, blink.scoring_progress, blink.latest_scores,
    blink.score_requests, blink.risk_score_audits, blink.feature_store_snapshots, blink.audit_batches,
    blink.blink_models, blink.pipeline_runs, blink.ground_truth_labels, blink.fx_rates, blink.repayments,
    blink.advances, blink.transactions, blink.accounts;
DROP FUNCTION blink.ensure_partitions(date, integer), blink.refuse_change(), blink.stamp_fact(),
    blink.link_account_correction(), blink.link_advance_correction(),
    blink.check_repayment_currency(),
    blink.was_visible(timestamptz, xid8, timestamptz, pg_snapshot);
REVOKE USAGE ON SCHEMA blink FROM blink_loader, blink_scorer, blink_trainer, blink_reader;
