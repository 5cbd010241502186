{{/* The spec of the runtime, the same for a namespace and for a cluster. */}}
{{- define "blink.runtime" -}}
{{- $component := dict "root" . "component" "predictor" -}}
supportedModelFormats:
  - {name: treelite, version: "1", autoSelect: true, priority: 1}
protocolVersions: [v2, v1]
multiModel: false
labels: {{- include "blink.podLabels" $component | nindent 2 }}
annotations:
  {{- if .Values.monitoring.scrapeAnnotations }}
  prometheus.io/scrape: "true"
  prometheus.io/port: "8080"
  prometheus.io/path: /metrics
  {{- end }}
  # KServe's own switch for its own scraping sidecar stays off: the server shows everything at /metrics.
  serving.kserve.io/enable-metric-aggregation: "false"
{{- include "blink.placement" . | nindent 0 }}
volumes: {{- include "blink.commandVolumes" . | nindent 2 }}
  {{- with .Values.serving.spoolClaim }}
  - name: spool
    persistentVolumeClaim: {claimName: {{ . }}}
  {{- end }}
containers:
  - name: kserve-container
    image: {{ include "blink.image" (dict "root" $ "name" "predictor") }}
    imagePullPolicy: {{ .Values.images.pullPolicy }}
    command: [blink]
    args:
      - serve
      - --bundle=/mnt/models
      - --host=0.0.0.0
      - --http-port=8080
      - --grpc-port=8081
      - --workers={{ .Values.serving.workers | int }}
      - --log-format={{ .Values.serving.logFormat }}
      {{- if .Values.serving.spoolClaim }}
      - --spool=/var/spool/blink
      {{- end }}
      {{- if .Values.serving.auditedOnly }}
      - --audited-only
      {{- end }}
      # KServe puts the InferenceService's name here. The slots of a rollout add --model-name again, with the
      # portfolio's name, and the last one counts.
      - --model-name={{ "{{.Name}}" }}
    env:
      {{- include "blink.commandEnvironment" . | nindent 6 }}
      {{- include "blink.databaseUrl" (dict "root" $ "login" "scorer") | nindent 6 }}
    # By these names KServe's Service carries 80 and 8081, the second as cleartext HTTP/2 for the gateway.
    ports:
      - {name: http1, containerPort: 8080, protocol: TCP}
      - {name: h2c, containerPort: 8081, protocol: TCP}
    startupProbe:
      httpGet: {path: /v2/health/live, port: 8080}
      initialDelaySeconds: 3
      periodSeconds: 1
      failureThreshold: 120
    readinessProbe:
      httpGet: {path: /v2/health/ready, port: 8080}
      periodSeconds: 2
      timeoutSeconds: 2
      failureThreshold: 2
    livenessProbe:
      httpGet: {path: /v2/health/live, port: 8080}
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 6
    # The gateway needs a moment to hear that the pod is going; until then the socket stays open.
    lifecycle:
      preStop:
        sleep: {seconds: 5}
    securityContext: {{- include "blink.containerSecurity" . | nindent 6 }}
    resources: {{- toYaml .Values.slots.resources | nindent 6 }}
    volumeMounts: {{- include "blink.commandMounts" . | nindent 6 }}
      {{- if .Values.serving.spoolClaim }}
      - {name: spool, mountPath: /var/spool/blink}
      {{- end }}
{{- end }}
