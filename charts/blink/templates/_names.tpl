{{/* Names, labels and images. Every helper that needs more than the root takes (dict "root" $ ...). */}}

{{/* The labels that select a component's pods; they never change. */}}
{{- define "blink.selector" -}}
app.kubernetes.io/name: blink
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{/* Labels of a pod: the selector's and the installer's own. */}}
{{- define "blink.podLabels" -}}
{{ include "blink.selector" . }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Labels of an object. */}}
{{- define "blink.labels" -}}
{{ include "blink.podLabels" . }}
app.kubernetes.io/part-of: blinkscoring
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* An image reference: (dict "root" $ "name" "jobs"). A digest goes before a tag. */}}
{{- define "blink.image" -}}
{{- $image := index .root.Values.images .name -}}
{{- $registry := .root.Values.images.registry -}}
{{- $path := ternary (printf "%s/%s" $registry $image.repository) $image.repository (ne $registry "") -}}
{{- if $image.digest -}}
{{ $path }}@{{ $image.digest }}
{{- else -}}
{{ $path }}:{{ $image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* The Secret of a database login: (dict "root" $ "login" "scorer"). */}}
{{- define "blink.databaseSecret" -}}
{{- $login := index .root.Values.database .login -}}
{{ $login.secret | default (printf "%s-database-%s" .root.Release.Name .login) }}
{{- end }}

{{/* The variable DATABASE_URL of a login. */}}
{{- define "blink.databaseUrl" -}}
- name: DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ include "blink.databaseSecret" . }}
      key: {{ (index .root.Values.database .login).key }}
{{- end }}

{{/* A portfolio's name as part of an object's name. */}}
{{- define "blink.slug" -}}
{{ . | replace "_" "-" }}
{{- end }}

{{/* The claim that holds the models. */}}
{{- define "blink.modelClaim" -}}
{{ .Values.models.pvc.existingClaim | default (printf "%s-models" .Release.Name) }}
{{- end }}

{{/* Where predictors get a model from, without the model's id. */}}
{{- define "blink.modelStore" -}}
{{- if eq .Values.models.store "s3" -}}
s3://{{ .Values.models.s3.bucket }}{{ with .Values.models.s3.prefix }}/{{ . }}{{ end }}
{{- else -}}
pvc://{{ include "blink.modelClaim" . }}
{{- end -}}
{{- end }}
