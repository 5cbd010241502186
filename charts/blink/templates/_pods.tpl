{{/* What every pod of ours has in common: the `restricted` Pod Security level, placement, a writable /tmp. */}}

{{- define "blink.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "blink.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
capabilities: {drop: [ALL]}
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* Where a pod may run, and how it gets its images. */}}
{{- define "blink.placement" -}}
{{- with .Values.images.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Volumes of a pod that runs a `blink` command. */}}
{{- define "blink.commandVolumes" -}}
- name: tmp
  emptyDir: {sizeLimit: 256Mi}
- name: portfolios
  configMap: {name: {{ .Release.Name }}-portfolios, optional: true}
{{- end }}

{{- define "blink.commandMounts" -}}
- {name: tmp, mountPath: /tmp}
- {name: portfolios, mountPath: /etc/blink/portfolios, readOnly: true}
{{- end }}

{{/* Environment of jobs outside Argo: those of a hook cannot read the ConfigMap, which is not there yet. */}}
{{- define "blink.commandEnvironment" -}}
- {name: HOME, value: /tmp}
- {name: BLINK_HOME, value: /tmp/blink}
- {name: BLINK_PORTFOLIOS, value: /etc/blink/portfolios}
{{- end }}
