# SPDX-License-Identifier: MIT
# Installed headers use nothing of Qt's that is private or made up by moc, and declare classes of Qt's in Qt's
# namespace, which may have a name. Values of every public type can be written to QDebug.
cmake_minimum_required(VERSION 3.21)
file(GLOB_RECURSE headers ${ROOT}/include/QtPrefork/*.h)
set(internal
    "Q[A-Za-z]+Private|QtMoc|QtGadgetHelper|QtSharedPointer|QMetaTypeInterface|QArrayData|QFutureInterface|QSlotObject")
string(APPEND internal "|QtPrivate::|qt_(meta|static_meta|check_for|create_)|[</]private/|_p\\.h[>\"]")
foreach(header IN LISTS headers)
    file(STRINGS ${header} lines)
    set(in_namespace FALSE)
    foreach(line IN LISTS lines)
        if(line MATCHES "^QT_BEGIN_NAMESPACE")
            set(in_namespace TRUE)
        elseif(line MATCHES "^QT_END_NAMESPACE")
            set(in_namespace FALSE)
        elseif(line MATCHES "^ *(template *<.*> *)?(class|struct|enum|enum class) Q[A-Z][A-Za-z]*( *:[^:]*)?;" AND NOT
            in_namespace)
            message(SEND_ERROR "${header} declares outside of QT_BEGIN_NAMESPACE: ${line}")
        endif()
        # The comment at this function says why Qt has no public way to do this.
        if(line MATCHES "static int qt_metatype_id\\(\\)" AND header MATCHES "detail/valuetypes.h$")
            continue()
        endif()
        if(line MATCHES "${internal}")
            message(SEND_ERROR "${header} uses what is private to Qt: ${line}")
        endif()
    endforeach()
endforeach()

# A documented type whose objects can be copied has an operator<< for QDebug in its own header. These have none: a
# Catcher, a FrameCallback and a FrameSlot are functions, a CallMaker is a step of an expression, an Interface can only
# be moved, and FunctionArguments are Arguments. QObjects are no values.
set(not_shown Catcher FrameCallback FrameSlot CallMaker Interface FunctionArguments)
file(GLOB public_headers ${ROOT}/include/QtPrefork/*.h)
list(REMOVE_ITEM public_headers ${ROOT}/include/QtPrefork/guitypes.h) # its types are in Prefork::detail
set(found 0)
foreach(header IN LISTS public_headers)
    file(READ ${header} text)
    file(STRINGS ${header} lines)
    set(is_documented FALSE)
    foreach(line IN LISTS lines)
        if(line MATCHES "^(class|struct) (QTPREFORK_EXPORT )?([A-Z][A-Za-z]*)( final)?( : .*)?$" AND is_documented)
            set(name ${CMAKE_MATCH_3})
            if(line MATCHES "public (QObject|Prefork::detail::ClientModel)" OR name IN_LIST not_shown
                OR text MATCHES "Q_DISABLE_COPY(_MOVE)?\\(${name}\\)")
                continue()
            endif()
            math(EXPR found "${found} + 1")
            if(NOT text MATCHES "operator<<\\((QD|D)ebug debug, const ${name} &")
                message(SEND_ERROR "${header} has no operator<<(QDebug, const ${name} &)")
            endif()
        endif()
        if(NOT line MATCHES "^template <")
            string(REGEX MATCH "^///" is_documented "${line}")
        endif()
    endforeach()
endforeach()
if(found LESS 15)
    message(SEND_ERROR "only ${found} types were found: does this script still understand the headers?")
endif()
