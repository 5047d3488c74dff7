#!/bin/sh
# deb.sh MIEN: the Debian package of this build is whole: unpacked somewhere, its program runs with its settings, and the
# units name what is there. Exit 77 (skipped) without dpkg-dev.
mien=$(realpath "$1")
command -v dpkg-shlibdeps >/dev/null && command -v dpkg-deb >/dev/null || { echo "dpkg-dev is not installed"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
build=${mien%/src/cli/mien}
cd "$MIEN_SOURCE_ROOT" || exit 1
deb=$(packaging/deb.sh "$build" "$work") || fail "no package was made"
dpkg-deb --field "$deb" Depends | grep -q libwebsockets || fail "it does not depend on its libraries"
dpkg-deb --field "$deb" Depends | grep -q libcmocka && fail "it depends on what only tests need"
dpkg-deb --contents "$deb" | awk '$2 != "root/root" || $1 ~ /^.......w/ { bad = 1; print } END { exit bad }' || fail "owners and rights"
dpkg -x "$deb" "$work/root" && dpkg -e "$deb" "$work/control" || fail "it cannot be unpacked"
for script in postinst prerm; do sh -n "$work/control/$script" || fail "$script"; done
[ "$(cat "$work/control/conffiles")" = /etc/mien/settings.yaml ] || fail "the settings are no conffile"
for unit in mien.service mien.socket; do [ -f "$work/root/lib/systemd/system/$unit" ] || fail "$unit is missing"; done
for path in $(sed -n 's/^ExecStart=\([^ ]*\).*--settings \([^ ]*\).*/\1 \2/p' "$work/root/lib/systemd/system/mien.service"); do
  [ -e "$work/root$path" ] || fail "the unit names $path, which is not in the package"
done
if command -v systemd-analyze >/dev/null; then
  systemd-analyze verify "$work/root/lib/systemd/system/mien.service" 2>&1 | grep -i 'unknown\|invalid\|failed to parse' && fail "the unit"
fi
"$work/root/usr/bin/mien" --version | grep -q '^mien ' || fail "the program does not run"
echo "Thank you!" | "$work/root/usr/bin/mien" text - | grep -q '"joy"' || fail "the program does not read"

# The service with the package's settings, but for its port; then with every comment taken as a setting.
serve() {
  "$work/root/usr/bin/mien" serve --settings "$1" --data "$work/data" --port 0 2>"$work/log" &
  pid=$!
  for _ in $(seq 100); do grep -q "listening on" "$work/log" && break; kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  kill "$pid" 2>/dev/null
  wait "$pid" || { cat "$work/log"; fail "the service did not run with $1"; }
  grep -q "listening on" "$work/log" || fail "the service did not start with $1"
}
serve "$work/root/etc/mien/settings.yaml"
sed -n 's/^# \(threads\|limits\|times\|rules\): /\1: /p' "$work/root/etc/mien/settings.yaml" | sed 's|, /etc/mien/rules.yaml||' >"$work/all.yaml"
[ "$(wc -l <"$work/all.yaml")" = 4 ] || fail "the settings' comments"
serve "$work/all.yaml"
echo "$(basename "$deb"): $(du -h "$deb" | cut -f1)"
