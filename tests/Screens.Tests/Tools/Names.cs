namespace Coordination.Screens.Tests;

/// <summary>Names in the scripts of the region, obviously nobody's: each says that it is invented.</summary>
static class Names
{
    public const string Thai = "นางสาวสมมติ ไม่มีตัวตนจริงในโลกนี้";
    public const string Lao = "ນາງສົມມຸດ ບໍ່ມີຕົວຕົນແທ້ໃນໂລກນີ້";
    public const string Khmer = "ឈ្មោះប្រឌិត គ្មានមនុស្សពិតក្នុងលោកនេះ";
    public const string Burmese = "စိတ်ကူးယဉ်အမည် တကယ်မရှိသောလူတစ်ဦး";
    public const string Vietnamese = "Nguyễn Thị Hoàn Toàn Không Có Thật Ở Đời Này";
    public const string Chinese = "虚构姓名世上并无此人";

    public static IReadOnlyList<string> All { get; } = [Thai, Lao, Khmer, Burmese, Vietnamese, Chinese];
}
