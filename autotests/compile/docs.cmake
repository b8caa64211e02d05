# SPDX-License-Identifier: MIT
# The code shown in the manual is the code that compiles and runs.
function(expect_quoted document code source)
    file(READ ${ROOT}/${document} text)
    string(FIND "${text}" "${code}" found)
    if(found EQUAL -1)
        message(FATAL_ERROR "${document} does not quote ${source} any more. It should say:\n${code}")
    endif()
endfunction()

file(READ ${ROOT}/demo/hello/hello.cpp hello)
string(REGEX REPLACE "// (SPDX|clang-format)[^\n]*\n" "" hello "${hello}")
expect_quoted(README.md "${hello}" demo/hello/hello.cpp)

file(READ ${ROOT}/demo/errors/errors.cpp errors)
foreach(name IN ITEMS bail-out retry transaction)
    string(FIND "${errors}" "// [${name}]\n" begin)
    string(LENGTH "// [${name}]\n" mark)
    math(EXPR begin "${begin} + ${mark}")
    string(SUBSTRING "${errors}" ${begin} -1 rest)
    string(FIND "${rest}" "// [${name}]\n" end)
    string(SUBSTRING "${rest}" 0 ${end} code)
    expect_quoted(docs/errors.md "${code}" demo/errors/errors.cpp)
endforeach()
