#!/usr/bin/env bash
# Says where the browser of the tests is: the chromium that is there, else Debian's, which only root can install.
# Without one the browser tests are left out; in CI that is a failure.
set -euo pipefail

for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" && exit
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing chromium" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >&2
    # Without fonts for it, no page in Chinese could be looked at.
    apt-get install -qq --yes --no-install-recommends chromium fonts-noto-cjk >/dev/null
    command -v chromium && exit
fi
echo "interop: no chromium here, and no leave to install it (as root: apt-get install chromium); the browser tests are left out" >&2
[ "${CI:-}" != true ]
