// SPDX-License-Identifier: MIT
#ifndef GALLERY_NATURALORDER_H
#define GALLERY_NATURALORDER_H

#include <QtCore/QString>

/// Returns true if @p a comes before @p b for people: "page 9" before "page 10". QCollator can do that with ICU only.
[[nodiscard]] inline bool isBeforeNaturally(QStringView a, QStringView b)
{
    const auto digits = [](QStringView text) {
        qsizetype count = 0;
        while (count < text.size() && text[count] >= u'0' && text[count] <= u'9')
            ++count;
        return text.first(count);
    };
    const auto withoutZeros = [](QStringView number) {
        while (number.size() > 1 && number.front() == u'0')
            number = number.sliced(1);
        return number;
    };
    const QStringView allOfA = a;
    const QStringView allOfB = b;
    while (!a.isEmpty() && !b.isEmpty()) {
        const QStringView numberA = digits(a);
        const QStringView numberB = digits(b);
        if (!numberA.isEmpty() && !numberB.isEmpty()) {
            const QStringView valueA = withoutZeros(numberA);
            const QStringView valueB = withoutZeros(numberB);
            if (valueA.size() != valueB.size())
                return valueA.size() < valueB.size();
            if (const int order = valueA.compare(valueB); order != 0)
                return order < 0;
            a = a.sliced(numberA.size());
            b = b.sliced(numberB.size());
            continue;
        }
        if (const int order = a.first(1).compare(b.first(1), Qt::CaseInsensitive); order != 0)
            return order < 0;
        a = a.sliced(1);
        b = b.sliced(1);
    }
    return a.size() != b.size() ? a.size() < b.size() : allOfA < allOfB;
}

#endif
