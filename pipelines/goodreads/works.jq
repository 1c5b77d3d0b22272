# work and media type
try ([.work_id, .media_type] | map(. // "" | tostring) | @tsv)
catch ("line \(input_line_number) is not as documented: \(.)\n" | halt_error(1))
