{{/*
Wrong values that the schema cannot see, each with a sentence that says what to do. Included once, from
control/config.yaml.
*/}}
{{- define "blink.checks" -}}
{{- $names := list -}}
{{- range .Values.portfolios -}}
  {{- include "blink.checkPortfolio" (dict "root" $ "portfolio" .) -}}
  {{- $names = append $names .name -}}
{{- end -}}
{{- if ne (len $names) (len (uniq $names)) -}}
  {{- fail (printf "portfolios: a name stands twice in %s; list each portfolio once" (join ", " $names)) -}}
{{- end -}}
{{- if gt (int .Values.slots.minReplicas) (int .Values.slots.maxReplicas) -}}
  {{- fail (printf "slots: minReplicas %d is above maxReplicas %d" (int .Values.slots.minReplicas) (int .Values.slots.maxReplicas)) -}}
{{- end -}}
{{- if and .Values.slots.minAvailable (ge (int .Values.slots.minAvailable) (int .Values.slots.minReplicas)) -}}
  {{- fail (printf "slots: minAvailable %d of minReplicas %d would block every node drain; set minReplicas above it" (int .Values.slots.minAvailable) (int .Values.slots.minReplicas)) -}}
{{- end -}}
{{- if and (eq .Values.models.store "s3") (not .Values.models.s3.bucket) -}}
  {{- fail "models: the store s3 needs models.s3.bucket" -}}
{{- end -}}
{{- if and (eq .Values.models.store "s3") (not .Values.models.s3.secret) -}}
  {{- fail "models: the store s3 needs models.s3.secret, a Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" -}}
{{- end -}}
{{- end }}

{{- define "blink.builtin" -}}
["cash_advance", "defi_lending", "trade_credit"]
{{- end }}

{{- define "blink.checkPortfolio" -}}
{{- $name := .portfolio.name -}}
{{- $builtin := include "blink.builtin" . | fromJsonArray -}}
{{- $own := keys .root.Values.ownPortfolios | sortAlpha -}}
{{- if not (or (has $name $builtin) (has $name $own)) -}}
  {{- fail (printf "portfolios: %s is unknown; built in are %s, and ownPortfolios has %s. Put its TOML text under ownPortfolios.%s" $name (join ", " $builtin) (join ", " $own | default "none") $name) -}}
{{- end -}}
{{- $slug := include "blink.slug" $name -}}
{{- $slot := printf "%s-%s-green" .root.Release.Name $slug -}}
{{- if gt (len $slot) 40 -}}
  {{- /* Seven characters of the 40 are the hyphens and "green". */ -}}
  {{- fail (printf "the slot's name %s has %d characters and KServe leaves room for 40: choose a release name of at most %d" $slot (len $slot) (sub 33 (len $slug) | int)) -}}
{{- end -}}
{{- $cron := printf "%s-score-%s" .root.Release.Name $slug -}}
{{- if gt (len $cron) 52 -}}
  {{- fail (printf "the cron workflow's name %s has %d characters and Argo allows 52: choose a shorter release name" $cron (len $cron)) -}}
{{- end -}}
{{- end }}
