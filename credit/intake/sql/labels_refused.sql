-- Nothing is refused: other content is the next version.
SELECT NULL::bigint, NULL::text, NULL::text, NULL::text, NULL::text WHERE false
