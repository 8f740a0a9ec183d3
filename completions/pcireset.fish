# SPDX-License-Identifier: GPL-2.0-only
# Completion for fish. All words are asked of the tool (--complete-table), so that they are always its own.

# Functions and network interfaces, of the machine below --sysroot where one is given; or a path.
function __pcireset_devices
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l root
    for i in (seq 2 (count $words))
        test "$words[$i]" = --sysroot; and set root $words[(math $i + 1)]
    end
    if string match -q '/*' -- $typed
        __fish_complete_path $typed
        return
    end
    for path in $root/sys/bus/pci/devices/*
        printf '%s\tPCI function\n' (basename $path)
    end
    for path in $root/sys/class/net/*
        printf '%s\tnetwork interface\n' (basename $path)
    end
end

# __pcireset_argument KIND ROW...: how complete is to treat what the table calls KIND.
function __pcireset_argument
    set -l words (string match -rg "^(?:list|word)\t$argv[1]\t(.*)" -- $argv[2..])
    set -l lists (string match -r "^list\t$argv[1]\t" -- $argv[2..])
    if string match -q '*DEVICE*' -- $argv[1]
        printf '%s\n' -f -a '(__pcireset_devices)'
    else if test "$argv[1]" = COMMAND
        printf '%s\n' -f -a (string match -rg '^command\t(?!help\t)(\S+)' -- $argv[2..] | string join ' ')
    else if string match -qr "^file\t$argv[1]\$" -- $argv[2..]
        printf '%s\n' -F
    else if set -q lists[1]
        printf '%s\n' -f -a "(__fish_complete_list , 'printf %s\\\\n $words')"
    else if set -q words[1]
        printf '%s\n' -f -a "$words"
    else
        printf '%s\n' -f
    end
end

function __pcireset_row
    set -l fields (string split \t -- $argv[1])
    set -l seen "__fish_seen_subcommand_from $fields[2]"
    test "$fields[2]" = -; and set seen __fish_use_subcommand
    switch $fields[1]
        case command
            complete -c pcireset -n __fish_use_subcommand -a $fields[2] -d $fields[4]
            test "$fields[3]" = -
            or complete -c pcireset -n $seen (__pcireset_argument (string split ' ' -- $fields[3])[1] $argv[2..])
        case option
            set -l more
            test "$fields[3]" = -; or set -a more -s (string sub -s 2 -- $fields[3])
            test "$fields[5]" = -; or set -a more -r (__pcireset_argument $fields[5] $argv[2..])
            complete -c pcireset -n $seen -l $fields[4] $more -d $fields[6]
    end
end

complete -c pcireset -f
set -l table (pcireset --complete-table 2>/dev/null)
for row in $table
    __pcireset_row $row $table
end
functions -e __pcireset_row __pcireset_argument
