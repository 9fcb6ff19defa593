#!/usr/bin/env bash
# craterstats counts craters by their fractions in fits of isochrons, and as whole ones in Poisson ages.
#
# A .scc has a column `fraction`, the part of each crater that counts. Where every crater counts half,
# half as many have formed, and any age is younger. Expected: Poisson timing analysis (type=poisson)
# gives the lower N(1) as the fits do (type=c-fit, d-fit). Found: with fractions of 0.5 the fits halve
# N(1), and the Poisson age is still that of whole craters.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for python in "$HOME"/.pyenv/versions/3.1[2-9]*/bin/python python3.14 python3.13 python3.12 python3; do
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && break
done
"$python" -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check craterstats==3.6.11
cd "$work"
for name in whole half; do
  [ "$name" = whole ] && fraction=1.0 || fraction=0.5
  {
    printf 'a_axis_radius = 1737.4 <km>\nTotal_area = 10000 <km^2>\n'
    printf 'crater = {diam, fraction, lon, lat\n'
    # 200 craters whose cumulative number falls with the cube of the diameter.
    awk -v f="$fraction" 'BEGIN { for (i = 0; i < 200; i++)
      printf "%.4f\t%s\t%.3f\t0\n", (1 - i / 200) ^ (-1 / 3), f, 10 + i / 1000; print "}" }'
  } > "$name.scc"
done
n1() { # NAME TYPE: N(1) per km^2, as the program writes it
  "$work/venv/bin/craterstats" -cs 'Moon, Neukum (1983)' -f csv -o "$work/$2_$1" \
    -p "source=$1.scc,type=$2,range=[1,8]" > /dev/null
  sed -n 4p "$2_$1.csv" | cut -d, -f17
}
"$work/venv/bin/pip" show craterstats | sed -n 2p
for type in poisson c-fit d-fit; do
  whole=$(n1 whole "$type") half=$(n1 half "$type")
  echo "$type: N(1) of whole craters $whole, of halves $half"
  ratio=$(awk -v a="$half" -v b="$whole" 'BEGIN { printf "%.2f", a / b }')
  case "$type:$ratio" in
    poisson:1.00 | c-fit:0.50 | d-fit:0.50) ;;
    *) echo "the behaviour has changed: $type, ratio $ratio"; exit 1 ;;
  esac
done
