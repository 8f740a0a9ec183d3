# SPDX-License-Identifier: GPL-2.0-only
# Completion for fish. The tool provides its options (--complete-table) and the words of a machine (--complete-words).
# Words of a machine are always the output of a function, which fish does not expand.

# __pcireset_of_machine KIND: prints the words of a kind, from the machine that the options select.
function __pcireset_of_machine
    set -l machine
    set -l previous
    for word in (commandline -opc)
        switch "$previous"
            case --sysroot
                set machine --sysroot (string replace -r '^~/' "$HOME/" -- $word)
            case --file -F
                set machine --file (string replace -r '^~/' "$HOME/" -- $word)
        end
        switch "$word"
            case '--sysroot=*' '--file=*'
                set machine (string split -m 1 = -- $word)
        end
        set previous $word
    end
    set -l typed (commandline -ct | string replace -r '^--[a-z-]+=' '' | string unescape)
    # Fish would also search for the typed text in descriptions.
    pcireset --complete-words $argv[1] "$typed" $machine 2>/dev/null | string match -r -- '^'(string escape --style=regex -- "$typed")'.*'
end

# Prints functions, or paths.
function __pcireset_devices
    set -l typed (commandline -ct)
    if string match -q '/*' -- $typed
        __fish_complete_path $typed
    else
        __pcireset_of_machine DEVICE
    end
end

# __pcireset_list WORD...: prints comma-separated words, possibly after "+" for --output.
function __pcireset_list
    set -l before (commandline -ct | string replace -r '^--[a-z-]+=' '' | string replace -r '[^,+]*$' '')
    printf '%s\n' "$before"$argv
end

# __pcireset_argument KIND ROW...: prints the options of complete for an argument of this kind.
function __pcireset_argument
    set -l words (string match -rg "^(?:list|word)\t$argv[1]\t(.*)" -- $argv[2..])
    set -l lists (string match -r "^list\t$argv[1]\t" -- $argv[2..])
    if string match -q '*DEVICE*' -- $argv[1]
        printf '%s\n' -f -a '(__pcireset_devices)'
    else if test "$argv[1]" = COMMAND
        printf '%s\n' -f -a (string match -rg '^command\t(?!help\t)(\S+)' -- $argv[2..] | string join ' ')
    else if string match -qr "^file\t$argv[1]\$" -- $argv[2..]
        printf '%s\n' -F
    else if string match -qr "^machine\t$argv[1]\$" -- $argv[2..]
        printf '%s\n' -f -a "(__pcireset_of_machine $argv[1])"
    else if set -q lists[1]
        printf '%s\n' -f -a "(__pcireset_list $words)"
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
