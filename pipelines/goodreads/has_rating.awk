# Interactions that may have a rating, and the number of all.

{ n++ }
!index($0, "\"rating\": 0,")
END { count("interactions", n) }
