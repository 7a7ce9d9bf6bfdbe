# For the install scripts beside this file. Needs npm-lock.sh, `lock`, the path of a lock, and `fail`, which ends the
# script with a sentence.

# Makes sure that a program is there: installs its Debian package where this may install packages, and otherwise asks
# for it. need_package PROGRAM PACKAGE "what needs it"
need_package() {
    there() { command -v "$1" >/dev/null 2>&1; }
    there "$1" && return
    [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1 ||
        fail "$3 $2, and it is missing on this machine. Please install the package $2 (Debian and Ubuntu: apt-get install $2) and run this again."
    take_lock
    there "$1" && return
    {
        apt-get install --yes --no-install-recommends "$2" ||
            { apt-get update && apt-get install --yes --no-install-recommends "$2"; }
    } >&2 || fail "apt-get could not install the package $2; its own words stand above. Please install it and run this again."
}
