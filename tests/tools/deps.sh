#!/bin/sh
# Installs the Debian packages that the build and the tests need, or those that
# are named, and does nothing, without asking for rights, where all are there.
set -eu
packages="gcc libc6-dev make git flex bison python3 pkg-config curl
 libuv1-dev node-llhttp libcjson-dev libopenblas-dev libcmocka-dev
 libutf8proc-dev libxxhash-dev libyaml-dev libpcre2-dev nettle-dev zlib1g-dev
 libpng-dev libturbojpeg0-dev libssl-dev graphviz"
missing=""
[ $# = 0 ] || packages="$*"
for p in $packages; do
  dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' ||
    missing="$missing $p"
done
[ -n "$missing" ] || exit 0
echo "installing:$missing"
sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
$sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
