// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_FROMSCRIPT_P_H
#define QTPREFORK_QML_FROMSCRIPT_P_H

#include <QtCore/QVariant>
#include <QtQml/QJSValue>

#include <vector>

QT_BEGIN_NAMESPACE
class QJSEngine;
QT_END_NAMESPACE

namespace Prefork::Qml {

/// Converts values of JavaScript to values of C++; docs/qml.md has the table. A value that has no form in C++ is a
/// problem, whose text names the place: `arguments[0].x: a function cannot be sent`.
class FromScript
{
public:
    explicit FromScript(QJSEngine *engine)
        : m_engine(engine)
    {
    }

    /// Returns the arguments of a call. @p array is an array, or undefined or null if there are none.
    [[nodiscard]] QVariantList arguments(const QJSValue &array);
    /// Returns the first problem; empty if there was none.
    [[nodiscard]] QString problem() const { return m_problem; }

    /// Returns what a value is, for texts: `a string`.
    [[nodiscard]] static QString describe(QJSEngine *engine, const QJSValue &value);

private:
    static constexpr std::size_t MostNested = 64;

    bool convert(const QJSValue &value, QVariant *out);
    bool convertNumber(double number, QVariant *out);
    bool convertObject(const QJSValue &value, QVariant *out);
    bool convertNative(const QJSValue &value, QVariant *out);
    bool convertItems(const QJSValue &array, QVariantList *out);
    bool convertEntries(const QJSValue &object, QVariant *out);
    bool enter(const QJSValue &value);
    bool fail(const QString &problem);
    bool refuse(const QString &what) { return fail(what + QStringLiteral(" cannot be sent")); }

    QJSEngine *const m_engine;
    QString m_path;
    QString m_problem;
    std::vector<QJSValue> m_around; ///< the arrays and objects that the value stands in
};

}

#endif
