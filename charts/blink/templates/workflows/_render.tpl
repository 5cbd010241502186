{{/*
The workflows of files/, which `blink workflows render` writes. Their braces are Argo's: the text is taken as it is,
its tokens are replaced, and what a release adds is set by structure. `tpl` would read Argo's braces as Helm's.
*/}}

{{/* A file with its tokens replaced, parsed: (dict "root" $ "file" "files/x.yaml" "tokens" (dict ...)). */}}
{{- define "blink.workflowFile" -}}
{{- $root := .root -}}
{{- $text := $root.Files.Get .file -}}
{{- if not $text -}}
  {{- fail (printf "%s is not in the chart; run `blink workflows render charts/blink/files`" .file) -}}
{{- end -}}
{{- $tokens := dict
  "RELEASE" $root.Release.Name
  "IMAGE" (include "blink.image" (dict "root" $root "name" "jobs"))
  "PULL_POLICY" $root.Values.images.pullPolicy
  "SCORER_SECRET" (include "blink.databaseSecret" (dict "root" $root "login" "scorer"))
  "SCORER_KEY" $root.Values.database.scorer.key
  "TRAINER_SECRET" (include "blink.databaseSecret" (dict "root" $root "login" "trainer"))
  "TRAINER_KEY" $root.Values.database.trainer.key
-}}
{{- range $token, $value := merge .tokens $tokens -}}
  {{- $text = replace (printf "__%s__" $token) (toString $value) $text -}}
{{- end -}}
{{- $object := fromYaml $text -}}
{{- with $object.Error }}{{ fail (printf "%s: %s" $.file .) }}{{ end -}}
{{- with regexFindAll "__[A-Z_]+__" (toJson $object) -1 -}}
  {{- fail (printf "%s has tokens that this chart does not know: %s" $.file (join ", " (uniq .))) -}}
{{- end -}}
{{- toYaml $object -}}
{{- end }}

{{/* A WorkflowTemplate: (dict "root" $ "name" "score"). */}}
{{- define "blink.workflowTemplate" -}}
{{- $root := .root -}}
{{- $labels := include "blink.labels" (dict "root" $root "component" .name) | fromYaml -}}
{{- $podLabels := include "blink.podLabels" (dict "root" $root "component" .name) | fromYaml -}}
{{- $file := printf "files/%s-template.yaml" .name -}}
{{- $object := include "blink.workflowFile" (dict "root" $root "file" $file "tokens" dict) | fromYaml -}}
{{- $spec := $object.spec -}}
{{- $_ := set $object.metadata "labels" (merge $labels ($object.metadata.labels | default dict)) -}}
{{- $metadata := $spec.podMetadata | default dict -}}
{{- $_ := set $metadata "labels" (merge $podLabels ($metadata.labels | default dict)) -}}
{{- $_ := set $spec "podMetadata" $metadata -}}
{{- $_ := set $spec "volumes" (include "blink.workflowVolumes" (dict "root" $root "volumes" $spec.volumes) | fromYamlArray) -}}
{{- $_ := include "blink.workflowResources" (dict "root" $root "name" .name "templates" $spec.templates) -}}
{{- $placement := include "blink.placement" $root | fromYaml -}}
{{- range $key, $value := $placement -}}
  {{- $_ := set $spec $key $value -}}
{{- end -}}
{{ toYaml $object }}
{{- end }}

{{/* The volumes with `models` as this release keeps them. */}}
{{- define "blink.workflowVolumes" -}}
{{- $volumes := list -}}
{{- range .volumes -}}
  {{- if ne .name "models" -}}
    {{- $volumes = append $volumes . -}}
  {{- else if eq $.root.Values.models.store "s3" -}}
    {{- $volumes = append $volumes (dict "name" "models" "emptyDir" (dict "sizeLimit" "2Gi")) -}}
  {{- else -}}
    {{- $claim := dict "claimName" (include "blink.modelClaim" $.root) -}}
    {{- $volumes = append $volumes (dict "name" "models" "persistentVolumeClaim" $claim) -}}
  {{- end -}}
{{- end -}}
{{ toYaml $volumes }}
{{- end }}

{{/*
Sets each step's resources as asked for. Where there is an object store, a step that mounts models fetches what it lacks:
it gets the store's keys, and a writable folder. Gives nothing.
*/}}
{{- define "blink.workflowResources" -}}
{{- $models := .root.Values.models -}}
{{- $wanted := (index .root.Values.workflows .name).resources -}}
{{- $known := list -}}
{{- range $template := .templates -}}
  {{- with $template.container -}}
    {{- $known = append $known $template.name -}}
    {{- if hasKey $wanted $template.name -}}
      {{- $_ := set . "resources" (index $wanted $template.name) -}}
    {{- end -}}
    {{- if eq $models.store "s3" -}}
      {{- $container := . -}}
      {{- $keys := dict "secretRef" (dict "name" $models.s3.secret) -}}
      {{- range $mount := .volumeMounts -}}
        {{- if eq $mount.name "models" -}}
          {{- $_ := set $container "envFrom" (append ($container.envFrom | default list) $keys) -}}
          {{- $_ := set $mount "readOnly" false -}}
        {{- end -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- range $name, $_ := $wanted -}}
  {{- if not (has $name $known) -}}
    {{- fail (printf "workflows.%s.resources: there is no step %s; the steps are %s" $.name $name (join ", " $known)) -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{/* A CronWorkflow: (dict "root" $ "name" "score" "portfolio" {...}). */}}
{{- define "blink.cronWorkflow" -}}
{{- $root := .root -}}
{{- $defaults := index $root.Values.workflows .name -}}
{{- $own := index .portfolio .name | default dict -}}
{{- $labels := include "blink.labels" (dict "root" $root "component" .name) | fromYaml -}}
{{- $_ := set $labels "blinkscoring.io/portfolio" .portfolio.name -}}
{{- $tokens := dict
  "PORTFOLIO" .portfolio.name
  "PORTFOLIO_SLUG" (include "blink.slug" .portfolio.name)
  "SCHEDULE" ($own.schedule | default $defaults.schedule)
  "TIMEZONE" $root.Values.workflows.timezone
  "SHARDS" ($own.shards | default $defaults.shards | default 1 | int)
-}}
{{- $file := printf "files/%s-cron.yaml" .name -}}
{{- $object := include "blink.workflowFile" (dict "root" $root "file" $file "tokens" $tokens) | fromYaml -}}
{{- $_ := set $object.metadata "labels" (merge $labels ($object.metadata.labels | default dict)) -}}
{{- $_ := set $object.spec "suspend" (or $root.Values.workflows.suspend (eq $own.enabled false)) -}}
{{ toYaml $object }}
{{- end }}
