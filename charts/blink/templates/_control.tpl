{{/* control.json: what `blink control --config` is told. Unknown keys are refused there. */}}
{{- define "blink.controlConfig" -}}
{{- $slots := .Values.slots -}}
{{- $portfolios := list -}}
{{- range .Values.portfolios -}}
  {{- $portfolios = append $portfolios (dict "name" .name "hostnames" (.hostnames | default list)) -}}
{{- end -}}
{{- $pullSecrets := list -}}
{{- range .Values.images.pullSecrets -}}
  {{- $pullSecrets = append $pullSecrets . -}}
{{- end -}}
{{- $labels := merge (include "blink.podLabels" (dict "root" . "component" "predictor") | fromYaml) $slots.labels -}}
{{- $slot := dict
  "runtime" (printf "%s-treelite" .Release.Name)
  "service_account" (printf "%s-predictor" .Release.Name)
  "min_replicas" (int $slots.minReplicas)
  "max_replicas" (int $slots.maxReplicas)
  "target_cpu_percent" (int $slots.targetCpuPercent)
  "min_available" (int $slots.minAvailable)
  "requests" $slots.resources.requests
  "limits" $slots.resources.limits
  "labels" $labels
  "image_pull_secrets" $pullSecrets
  "node_selector" .Values.nodeSelector
  "tolerations" .Values.tolerations
  "ready_seconds" (int $slots.readySeconds)
-}}
{{- dict
  "release" .Release.Name
  "namespace" .Release.Namespace
  "model_store" (include "blink.modelStore" .)
  "train_template" (printf "%s-train" .Release.Name)
  "argo_url" .Values.control.argoUrl
  "gateway" (pick .Values.gateway "name" "namespace" "section")
  "slot" $slot
  "portfolios" $portfolios
  | toPrettyJson -}}
{{- end }}

{{/* Paths of the control API's probes. */}}
{{- define "blink.controlLive" -}}
/healthz
{{- end }}
{{- define "blink.controlReady" -}}
/readyz
{{- end }}
