# SPDX-License-Identifier: MIT
# No line is longer than 120 characters, but for rows of measurements.
cmake_minimum_required(VERSION 3.21)
file(GLOB_RECURSE files ${ROOT}/docs/*.md ${ROOT}/include/*.h ${ROOT}/src/*.h ${ROOT}/src/*.cpp ${ROOT}/demo/*.h
    ${ROOT}/demo/*.cpp ${ROOT}/autotests/*.h ${ROOT}/autotests/*.cpp)
file(GLOB pages ${ROOT}/*.md)
foreach(file IN LISTS files pages)
    file(STRINGS ${file} lines LENGTH_MINIMUM 121 ENCODING UTF-8)
    foreach(line IN LISTS lines)
        string(REGEX REPLACE "(…|×|→|←|≤|≥|µ|·|÷|ß|ä|ö|ü|é|€|─|│|├|└|┌|┐|┘|┬|┴|┼|▶|▼)" "x" shown "${line}")
        string(LENGTH "${shown}" length)
        if(length GREATER 120 AND NOT line MATCHES "met(\\*\\*)? \\|$")
            string(SUBSTRING "${shown}" 0 60 beginning)
            message(SEND_ERROR "${file} has a line of ${length} characters: ${beginning}")
        endif()
    endforeach()
endforeach()
