# Sourced by the scripts beside it: finds a Python, installs what is missing, keeps .venv up to date.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/.venv

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

pick_python() { # prints the first Python that can make the environment; fails if there is none
    local python
    # The name alone proves nothing: a version manager's shim may lead nowhere, Debian's lacks ensurepip until
    # python3-venv is there. PYTHON=… comes first for whoever tests another version.
    for python in ${PYTHON:-} python3 /usr/bin/python3 python3.13 python3.12 python3.11; do
        if "$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then
            command -v "$python"
            return
        fi
    done
    return 1
}

system_python() { # prints Debian's own Python: a unit sees nothing of /home and /root, where others may live
    if [ "$(PYTHON=/usr/bin/python3 pick_python)" != /usr/bin/python3 ]; then
        apt_install python3 python3-venv
        PYTHON=/usr/bin/python3 pick_python > /dev/null
    fi
    echo /usr/bin/python3
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi }

apt_install() { # PACKAGE...: fails, saying what is missing, where it may not or can't
    if ! command -v apt-get > /dev/null || ! as_root true 2> /dev/null; then
        say "missing, and no right to install it: apt install $*"
        return 1
    fi
    say "installing $*"
    local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -q -o DPkg::Lock::Timeout=300)
    if ! { as_root "${apt[@]}" update && as_root "${apt[@]}" install -y --no-install-recommends "$@"; } > /dev/null; then
        say "could not install it: apt install $*"
        return 1
    fi
}

apt_need() { # FILE PACKAGE...: installs when FILE is missing; goes on without it where that can't be done
    [ -e "$1" ] || apt_install "${@:2}" || say "going on without it"
}

ensure_env() { # LOCK...: .venv with exactly the versions of tools/LOCK.lock, and loyaltyd itself from src/
    ( # two runs in one checkout take turns
        flock 9
        for lock in "$@"; do _ensure_lock "$lock" 9>&-; done
    ) 9< "$root"
}

ensure_pcsc() { # pyscard in .venv, which is compiled; goes on without it, and without PC/SC readers
    ensure_pcsc_headers
    ensure_env pcsc || say "pyscard can't be built here: going on without PC/SC readers"
}

ensure_pcsc_headers() {
    apt_need /usr/include/PCSC/winscard.h libpcsclite-dev
    apt_need /usr/bin/gcc gcc libc6-dev
    apt_need "$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h" python3-dev
}

_ensure_lock() { # LOCK: .venv/.stamp-LOCK says from what .venv was made
    local lock=$root/tools/$1.lock stamp=$venv/.stamp-$1 wanted
    "$venv/bin/python" -c 'import pip' 2> /dev/null || _make_venv
    wanted=$("$venv/bin/python" -VV | cat - "$root/pyproject.toml" "$lock" | sha256sum)
    [ "$wanted" != "$(cat "$stamp" 2> /dev/null)" ] || return 0
    say "installing tools/$1.lock into .venv"
    rm -f "$stamp"
    if [ "$1" = pcsc ]; then
        _build_pyscard "$lock" || return 1
    else
        _pip install --require-hashes --requirement "$lock"
    fi
    # Editable: src/ is what runs. Without isolation: the build backend came with the lock.
    [ "$1" != run ] || _pip install --no-deps --no-build-isolation --editable "$root"
    printf '%s\n' "$wanted" > "$stamp"
}

_build_pyscard() { # LOCK: what builds it first, which the lock pins too
    local tools
    tools=$(mktemp)
    awk '/^[a-z]/ { builds = !/^pyscard==/ } builds' "$1" > "$tools"
    _pip install --require-hashes --requirement "$tools" &&
        PATH=$venv/bin:$PATH _pip install --require-hashes --no-build-isolation --requirement "$1" > /dev/null 2>&1
    local status=$?
    rm -f "$tools"
    return "$status"
}

_make_venv() {
    local python
    python=$(pick_python) || { apt_install python3 python3-venv && python=$(pick_python); } || {
        say "needs Python 3.11 or newer with venv"
        exit 1
    }
    "$python" -m venv --clear "$venv"
}

_pip() { "$venv/bin/python" -m pip -q -q --disable-pip-version-check "$@"; }
