{{/* A list of ports of TCP, as NetworkPolicy writes it. */}}
{{- define "blink.tcpPorts" -}}
{{- range . }}
- {protocol: TCP, port: {{ . }}}
{{- end }}
{{- end }}

{{/* A policy for the pods of one or more components: (dict "root" $ "name" "database" "components" (list ...)). */}}
{{- define "blink.policyHead" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .root.Release.Name }}-{{ .name }}
  labels: {{- include "blink.labels" (dict "root" .root "component" "network") | nindent 4 }}
  {{- with .annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  podSelector:
    matchLabels: {{- include "blink.selector" (dict "root" .root) | nindent 6 }}
    {{- with .components }}
    matchExpressions:
      - {key: app.kubernetes.io/component, operator: In, values: [{{ join ", " . }}]}
    {{- end }}
{{- end }}

{{/* A peer: this release's pods of a component. */}}
{{- define "blink.peer" -}}
- podSelector:
    matchLabels: {{- include "blink.selector" . | nindent 6 }}
{{- end }}

{{/* Peers: the gateway's proxies. */}}
{{- define "blink.gatewayPeers" -}}
{{- with .Values.networkPolicy.gateway -}}
{{ toYaml . }}
{{- else -}}
- namespaceSelector:
    matchLabels: {kubernetes.io/metadata.name: {{ .Values.gateway.namespace }}}
{{- end }}
{{- end }}
