# Lines of docker, without its engine. Clients of a registry know it by its host's name: the local cloud's proxy stands for
# it, refuses the TLS that they ask for first, and answers without.
through_proxy() {
  local proxy="http://$CLOUDSDK_PROXY_ADDRESS:$CLOUDSDK_PROXY_PORT"
  HTTP_PROXY=$proxy HTTPS_PROXY=$proxy "$@"
}
docker() {
  local command=$1
  shift
  [ "$command" = push ] && set -- --tls-verify=false "$@"
  through_proxy buildah --storage-driver vfs --root "$IMAGES/root" --runroot "$IMAGES/run" "$command" "$@"
}
