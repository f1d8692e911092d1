{{- /* Of all that is made here: the release's name, which says whose it is. */}}
{{- define "meltemi.name" -}}
{{- if contains "meltemi" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-meltemi" (.Release.Name | trunc 42 | trimSuffix "-") }}{{ end }}
{{- end }}

{{- define "meltemi.labels" -}}
app.kubernetes.io/name: meltemi
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "meltemi.metadata" -}}
name: {{ include "meltemi.name" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "meltemi.labels" . | nindent 2 }}
{{- end }}

{{- define "meltemi.subjects" -}}
- kind: ServiceAccount
  name: {{ include "meltemi.name" . }}
  namespace: {{ .Release.Namespace }}
{{- end }}

{{- /* A Role and its binding: (dict "root" $ "namespace" … "name" … "rules" …). */}}
{{- define "meltemi.role" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
rules:
  {{- toYaml .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ .name }}
subjects:
  {{- include "meltemi.subjects" .root | nindent 2 }}
{{- end }}

{{- /* What the container is started with. */}}
{{- define "meltemi.args" -}}
- adapter
- --source=kubernetes
- --xds=0.0.0.0:18000
- --http=0.0.0.0:18080
{{- if eq .Values.mesh "istio" }}
- --mesh=istio
- --istio-namespace={{ .Values.istioNamespace }}
- {{ printf "--advertise=%s" (.Values.advertise | default (printf "%s.%s.svc:18000" (include "meltemi.name" .) .Release.Namespace)) | quote }}
{{- end }}
{{- range .Values.namespaces }}
- --namespace={{ . }}
{{- end }}
{{- range .Values.listen }}
- {{ printf "--listen=%s" . | quote }}
{{- end }}
{{- if eq .Values.tenants "namespace" }}
- --tenants=namespace
{{- end }}
{{- if ne .Values.wasm.source "inline" }}
- {{ printf "--wasm=%s" .Values.wasm.source | quote }}
{{- end }}
{{- with .Values.wasm.cluster }}
- {{ printf "--wasm-cluster=%s" . | quote }}
{{- end }}
{{- if .Values.xdsTls.secretName }}
- --xds-cert=/etc/meltemi/xds-tls/tls.crt
- --xds-key=/etc/meltemi/xds-tls/tls.key
{{- if .Values.xdsTls.clientCertificates }}
- --xds-client-ca=/etc/meltemi/xds-tls/{{ eq .Values.mesh "istio" | ternary "root-cert.pem" "ca.crt" }}
{{- end }}
{{- if eq .Values.mesh "istio" }}
- --xds-ca=/etc/meltemi/xds-tls/ca.crt
{{- end }}
{{- end }}
{{- range .Values.extraArgs }}
- {{ quote . }}
{{- end }}
{{- end }}

{{- /* What no schema can say so that it is understood. */}}
{{- define "meltemi.check" -}}
{{- range .Values.listen }}
{{- if not (regexMatch "^[a-z][a-zA-Z0-9]*(:[0-9]{1,5})?=.+:[0-9]{1,5}$" .) }}
{{- fail (printf "listen: %q: write PROTOCOL=ADDRESS:PORT, such as dubbo=0.0.0.0:20880" .) }}
{{- end }}
{{- end }}
{{- if and (eq .Values.tenants "namespace") (eq .Values.mesh "istio") }}
{{- fail "tenants: only with mesh: standalone; istiod says what a namespace of Istio sees" }}
{{- end }}
{{- with .Values.advertise }}
{{- if not (regexMatch "^.+:[0-9]{1,5}$" .) }}
{{- fail (printf "advertise: %q: write HOST:PORT, such as meltemi.meltemi-system.svc:18000" .) }}
{{- end }}
{{- if ne $.Values.mesh "istio" }}
{{- fail "advertise: only with mesh: istio; the address of other Envoys' adapter stands in their bootstrap" }}
{{- end }}
{{- end }}
{{- with .Values.wasm }}
{{- if not (regexMatch "^(inline$|file:/.|https?://.)" .source) }}
{{- fail (printf "wasm.source: %q: write inline, file:/path or an http(s) URL" .source) }}
{{- end }}
{{- if ne (hasPrefix "http" .source) (ne .cluster "") }}
{{- fail "wasm.cluster goes with a URL as wasm.source: the cluster through which Envoys fetch it" }}
{{- end }}
{{- end }}
{{- end }}
