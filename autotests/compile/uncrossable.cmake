# SPDX-License-Identifier: MIT
# Compiles uncrossable.cpp with COMPILER and FLAGS, a list, for each of its cases: the first error must be the sentence,
# and the type be named with it.
cmake_minimum_required(VERSION 3.21)
set(sentences
    "QObject ?\\*|a pointer \\(see T\\), means nothing to another process: send the value it points to"
    "Plain|this class \\(see T\\) cannot be sent: make it a Q_GADGET with a Q_PROPERTY for each member, or give it QDataStream operators and call registerType\\(\\) on both sides"
    "std::shared_ptr<int>|a smart pointer \\(see T\\), means nothing to another process: send what it points to, or a std::optional of that"
    "string_view<char>|does not own its text or bytes: send a QString or a QByteArray"
    "long double|is wider than a number can be on its way: send a double"
    "QMultiMap<QString, int>|has keys several times, which no map on its way has: send a map of lists, or a list of pairs"
    "std::map<double, int|has keys that cannot be sent: they must be QStrings, std::strings, integers or enumerations"
    "QModelIndex|belongs to a model of its process: send row and column"
    "QPointer<QObject>|a smart pointer \\(see T\\), means nothing to another process: send what it points to, or a std::optional of that"
    "string_view<char16_t>|does not own its text or bytes: send a QString or a QByteArray"
    "QPixmap|belongs to the screen of its process: send a QImage, which QtPrefork/GuiTypes lets cross")
set(case 0)
foreach(sentence IN ITEMS "" ${sentences})
    foreach(side IN ITEMS IS_CLIENT IS_WORKER)
        execute_process(COMMAND ${COMPILER} ${FLAGS} -fsyntax-only -DCASE=${case} -D${side}
            ${ROOT}/autotests/compile/uncrossable.cpp
            ERROR_VARIABLE said RESULT_VARIABLE failed)
        if(case EQUAL 0)
            if(failed)
                message(SEND_ERROR "What is fine does not compile: ${said}")
            endif()
            continue()
        endif()
        string(REGEX REPLACE "^(.*)\\|(.*)$" "\\1" type "${sentence}")
        string(REGEX REPLACE "^(.*)\\|(.*)$" "\\2" text "${sentence}")
        string(REGEX MATCH "error: [^\n]*" first "${said}")
        if(NOT first MATCHES "${text}")
            message(SEND_ERROR "Case ${case}, ${side}: the first error is not \"${text}\" but: ${first}")
        elseif(NOT said MATCHES "mayCross(\\(\\) \\[with T = |<)[^\n]*${type}")
            message(SEND_ERROR "Case ${case}, ${side}: ${type} is not named: ${said}")
        endif()
    endforeach()
    math(EXPR case "${case} + 1")
endforeach()
