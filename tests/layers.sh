#!/bin/sh
# Checks that #include "room/…" points only downwards in the list of levels, and that rooms on one
# level do not include one another. report and eval stand just below cli: they may use every room up to
# engine (and the ones above it, once there is need), and only the program uses them. Prints each offending line; exit 1 if there is one.
cd "$(dirname "$0")/.." || exit 2
awk '
BEGIN {
  n = split("base|nn|media|text voice face body words|fuse|follow|explain|engine|yaml|vault|store|guard|rules respond insight adapt signals people|serve|report eval|cli", levels, "|")
  for (i = 1; i <= n; i++) { m = split(levels[i], rooms, " "); for (j = 1; j <= m; j++) level[rooms[j]] = i }
}
FNR == 1 { split(FILENAME, path, "/"); room = path[2] }
/^[ \t]*#[ \t]*include[ \t]+"[a-z]+\// {
  split($0, quoted, "\""); split(quoted[2], target, "/"); other = target[1]
  if (other == room) next
  if (!(other in level) || level[other] >= level[room]) {
    printf "%s:%d: room %s may not include %s\n", FILENAME, FNR, room, quoted[2]; bad = 1
  }
}
END { exit bad }
' $(find src -name '*.[ch]' | sort)
