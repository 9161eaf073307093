# What the scripts beside this file share. Sourced, not run.
# shellcheck shell=bash

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false
if [[ -z "${HOME:-}" ]]; then
  export HOME="$root/.run/home"
  mkdir -p "$HOME"
fi

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "$*"
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

has_postgres() { [[ -n "${COORDINATION_POSTGRES:-}" ]] || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || { has postgres && has initdb; }; }

# Debian's packages are Debian's python's, whatever other python stands in PATH.
has_python() { [[ -x /usr/bin/python3 ]] && /usr/bin/python3 -c 'import grpc, google.protobuf' >/dev/null 2>&1; }

need_dotnet() {
  (cd "$root" && dotnet --version >/dev/null 2>&1) ||
    fail "The .NET SDK 10.0.4xx is missing (global.json): install it from https://dotnet.microsoft.com/download/dotnet/10.0 or as your system's package dotnet-sdk-10.0, and put dotnet into PATH."
}

# Names the packages of what is missing; asks nobody when nothing is.
need_for_run() {
  missing=()
  has_postgres || missing+=(postgresql)
  has setpriv && has setsid || missing+=(util-linux)
  # The console's styles, scripts and fonts come from npm while it is built.
  has node || missing+=(nodejs)
  has npm || missing+=(npm)
}

need_for_test() {
  need_for_run
  has_python || missing+=(python3-grpcio python3-protobuf)
  has protoc || missing+=(protobuf-compiler)
  [[ -e /usr/include/google/protobuf/timestamp.proto ]] || missing+=(libprotobuf-dev)
  has grpc_python_plugin || missing+=(protobuf-compiler-grpc)
  has chromium || missing+=(chromium)
  # What the browser draws the seven languages with where a page brings no font of its own.
  compgen -G '/usr/share/fonts/truetype/noto/*Thai*' >/dev/null || missing+=(fonts-noto-core)
  compgen -G '/usr/share/fonts/opentype/noto/*CJK*' >/dev/null || missing+=(fonts-noto-cjk)
  has script || missing+=(bsdutils)
  has h2load || missing+=(nghttp2-client)
}

need_for_bench() {
  need_for_run
  # pgbench comes with the server.
  has h2load || missing+=(nghttp2-client)
}

install_missing() {
  ((${#missing[@]})) || return 0
  has apt-get || fail "These Debian packages, or what your system calls them, are missing: ${missing[*]}. Install them with your system's package manager and start again."
  local as_root=()
  if ((EUID != 0)); then
    has sudo || fail "Missing: ${missing[*]}. Run as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "Installing ${missing[*]} …"
  # Only the server's programs are wanted, no cluster of the system's own.
  if [[ " ${missing[*]} " == *' postgresql '* && ! -e /etc/postgresql-common/createcluster.conf ]]; then
    "${as_root[@]}" mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' | "${as_root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
  fi
  local log
  log="$(mktemp)"
  {
    "${as_root[@]}" apt-get update &&
      "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
  } >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    fail "apt-get could not install ${missing[*]}: see above, and $log."
  }
  rm -f "$log"
}

# Builds without a word; when it fails, prints what the compiler said.
build() {
  local log
  log="$(mktemp)"
  if (cd "$root" && dotnet build "$@" --configuration Release --nologo --verbosity quiet -maxcpucount:2 >"$log" 2>&1); then
    rm -f "$log"
  else
    cat "$log" >&2
    rm -f "$log"
    return 1
  fi
}

programs="infra/programs.slnf"
local_dll="$root/infra/Local/bin/Release/net10.0/Coordination.Local.dll"
coord_dll="$root/services/Cli/bin/Release/net10.0/coord.dll"
bench_dll="$root/tests/Benchmarks/bin/Release/net10.0/Coordination.Benchmarks.dll"
