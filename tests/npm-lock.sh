# For the install scripts beside this file: one of them at a time installs into a folder. Needs `lock`, the
# path of the lock, and `fail`, which ends the script with a sentence.

# A symbolic link is made atomically together with its content, the holder's process id, so a lock
# left behind by a killed run is recognised at once. (flock is not there on macOS.)
take_lock() {
    waited=0
    until ln -s "$$" "$lock" 2>/dev/null; do
        holder=$(readlink "$lock" 2>/dev/null || true)
        if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then
            mv "$lock" "$lock.$$" 2>/dev/null || continue
            # Another waiter may have replaced the dead lock between our look and our move.
            if [ "$(readlink "$lock.$$")" != "$holder" ]; then
                mv "$lock.$$" "$lock"
                continue
            fi
            rm -f "$lock.$$"
            continue
        fi
        [ "$waited" -lt 600 ] || fail "waited 10 minutes for the installation of process ${holder:-?}; if it hangs, end it and remove $lock."
        sleep 1
        waited=$((waited + 1))
    done
    trap 'rm -f "$lock"' EXIT
    trap 'exit 1' HUP INT TERM
}
