# author and name
try ([.author_id, .name] | map(. // "" | tostring) | @tsv)
catch ("line \(input_line_number) is not as documented: \(.)\n" | halt_error(1))
